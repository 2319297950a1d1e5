// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  closeSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { expectDone } from '../support/build-events.ts';
import { describeForEveryone } from '../support/build-place.ts';
import type { BuildPlace, CreateOptions } from '../support/build-place.ts';

const types = ['qcow2', 'raw', 'tar', 'oci'] as const;
const all = ['-t', types.join(','), '-o', 'x', 'tiny-os'];

/** `made` or `reused`, by extension. */
async function build(
  place: BuildPlace,
  argv: readonly string[] = all,
  options?: CreateOptions,
): Promise<Readonly<Record<string, string>>> {
  const { events } = expectDone(await place.create(argv, options));
  const made = events.flatMap((event) =>
    event.kind === 'output-made' ? [[event.format, event.isReused ? 'reused' : 'made'] as const] : [],
  );
  return Object.fromEntries(made.sort());
}

const everything = (word: string): Readonly<Record<string, string>> =>
  Object.fromEntries([...types].sort().map((type) => [type, word]));

const digest = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

const digests = ({ out }: BuildPlace): readonly string[] =>
  ['qcow2', 'raw', 'tar'].map((type) => digest(join(out, `x.${type}`)));

const artifacts = ({ cache, person }: BuildPlace): string =>
  join(cache, 'store', person.uid === 0 ? 'root' : 'user', 'artifacts');

/** Changes what is known of every artifact. */
function rewriteEntries(place: BuildPlace, change: (text: string) => string): void {
  for (const key of readdirSync(artifacts(place))) {
    const path = join(artifacts(place), key, 'entry.json');
    writeFileSync(path, change(readFileSync(path, 'utf8')));
  }
}

const inOtherBoot = (text: string): string => text.replace(/"bootId":"[^"]*"/, '"bootId":"another"');

function changeOneByte(path: string): void {
  const file = openSync(path, 'r+');
  writeSync(file, '!', statSync(path).size - 1);
  closeSync(file);
}

describeForEveryone('finished outputs', (place) => {
  test('are copied when nothing has changed, and what happens to an image does not reach the copy', async () => {
    expect(await build(place())).toEqual(everything('made'));
    const first = digests(place());
    const oci = readFileSync(join(place().out, 'x.oci/index.json'), 'utf8');
    appendFileSync(join(place().out, 'x.qcow2'), 'a guest wrote this');
    const replacing = { environment: { OVERWRITE_OLD_IMAGE: '1' } };
    expect(await build(place(), all, replacing)).toEqual(everything('reused'));
    expect(digests(place())).toEqual(first);
    expect(readFileSync(join(place().out, 'x.oci/index.json'), 'utf8')).toBe(oci);
    const { size, blocks } = statSync(join(place().out, 'x.raw'));
    expect(blocks * 512).toBeLessThan(size / 2);
  });

  test('are each looked for by what they are made of', async () => {
    await build(place());
    const options = ['--image-size', '1', '--qemu-img-options', 'cluster_size=32768'];
    expect(await build(place(), [...options, ...all])).toEqual({
      oci: 'reused',
      qcow2: 'made',
      raw: 'made',
      tar: 'reused',
    });
    expect(await build(place(), ['-u', ...all])).toEqual({
      oci: 'reused',
      qcow2: 'made',
      raw: 'reused',
      tar: 'reused',
    });
    expect(await build(place(), all, { environment: { TAR_OPTIONS: '--mode=go-rwx' } })).toEqual(
      everything('made'),
    );
    place().element('more', { 'install.d/50-x': '#!/bin/sh\necho more >/etc/more\n' });
    expect(await build(place(), [...all, 'more'])).toEqual(everything('made'));
    expect(await build(place())).toEqual(everything('reused'));
  });

  test('get the name and the checksums that this build asks for', async () => {
    await build(place());
    await build(place(), ['--checksum', '-t', 'tar', '-o', 'other', 'tiny-os']);
    const [sum] = readFileSync(join(place().out, 'other.tar.sha256'), 'utf8').split(' ');
    expect(sum).toBe(digest(join(place().out, 'other.tar')));
    expect(readdirSync(artifacts(place()))).toHaveLength(types.length);
  });

  test('are made again with --no-cache, and when they are too old', async () => {
    await build(place());
    expect(await build(place(), ['--no-cache', ...all])).toEqual(everything('made'));
    rewriteEntries(place(), (text) => text.replace(/"madeAt":\d+/, '"madeAt":1000'));
    expect(await build(place(), all, { environment: { DIB_CACHE_MAX_AGE: '1' } })).toEqual(
      everything('made'),
    );
  });

  test('are trusted after a restart of the machine only when they are what they were', async () => {
    await build(place());
    const first = digests(place());
    rewriteEntries(place(), inOtherBoot);
    // An OCI layout is a directory, of which no digest is kept.
    expect(await build(place())).toEqual({ ...everything('reused'), oci: 'made' });
    rewriteEntries(place(), inOtherBoot);
    for (const key of readdirSync(artifacts(place()))) {
      const file = join(artifacts(place()), key, 'file');
      if (statSync(file).isFile()) changeOneByte(file);
    }
    expect(await build(place())).toEqual(everything('made'));
    expect(await build(place())).toEqual(everything('reused'));
    expect(digests(place())[2]).toBe(first[2]);
  });

  test('that were half written, or lost, are made again', async () => {
    await build(place());
    rewriteEntries(place(), (text) => text.slice(0, 40));
    expect(await build(place())).toEqual(everything('made'));
    for (const key of readdirSync(artifacts(place()))) rmSync(join(artifacts(place()), key, 'entry.json'));
    expect(await build(place())).toEqual(everything('made'));
    expect(await build(place())).toEqual(everything('reused'));
  });
});
