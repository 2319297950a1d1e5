// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { expectDone, printedBy, stepsOf } from '../support/build-events.ts';
import { describeForEveryone } from '../support/build-place.ts';
import type { BuildOutcome } from '../support/build-place.ts';
import { succeed } from '../support/ordinary-user.ts';
import { requires } from '../support/requires.ts';

const hook = 'extra-data.d/98-source-repositories';

describeForEveryone('source repositories', (place) => {
  requires({ programs: ['git', 'tar'] });
  let sources: string;
  let server: Server;
  let asked: string[];

  beforeEach(async () => {
    sources = join(place().directory, 'sources');
    mkdirSync(sources);
    asked = [];
    server = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.end(readFileSync(join(sources, request.url ?? '')));
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    place().element('packages', {
      'element-deps': 'tiny-os\n',
      'bin/install-packages': '#!/bin/bash\n',
    });
  });
  afterEach(() => void server.close());

  const address = (path: string): string =>
    `http://127.0.0.1:${(server.address() as AddressInfo).port}/${path}`;

  const git = (name: string, ...words: readonly string[]): string =>
    succeed('git', [
      ...['-C', join(sources, name), '-c', 'user.name=ada', '-c', 'user.email=ada@example.org'],
      ...words,
    ]).trim();

  function commit(name: string, text: string): string {
    writeFileSync(join(sources, name, 'file'), text);
    git(name, 'add', 'file');
    git(name, 'commit', '--quiet', '--message', text);
    return git(name, 'rev-parse', 'HEAD');
  }

  function repository(name: string, branch = 'master'): string {
    mkdirSync(join(sources, name));
    git(name, 'init', '--quiet', '--initial-branch', branch);
    return commit(name, 'first');
  }

  function archive(name: string, files: Readonly<Record<string, string>>): string {
    const directory = join(sources, `${name}.files`);
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(directory, path, '..'), { recursive: true });
      writeFileSync(join(directory, path), text);
    }
    const file = join(sources, name);
    succeed('tar', ['-caf', file, '-C', directory, ...readdirSync(directory).sort()]);
    return createHash('sha256').update(readFileSync(file)).digest('hex');
  }

  /** An element that wants the given lines, and tells from inside the tree what it found. */
  function wanting(lines: readonly string[], probe = ''): void {
    place().element('wanting', {
      'element-deps': 'install-types\npackages\nsource-repositories\n',
      'source-repository-wanting': `# what is wanted\n\n${lines.join('\n')}\n`,
      'finalise.d/50-probe': `#!/bin/bash\nset -eu -o pipefail\n${probe}\n`,
      'cleanup.d/90-wanting-manifest': manifestHook,
    });
  }

  const manifestHook = `#!/bin/bash
set -eu -o pipefail
stat -c '%a %u' "$TARGET_ROOT/etc/dib-manifests/dib-manifest-git-x"
cat "$TARGET_ROOT/etc/dib-manifests/dib-manifest-git-x"
`;

  const build = (environment: Readonly<Record<string, string>> = {}): Promise<BuildOutcome> =>
    place().create(['-t', 'tar', '-o', 'x', 'wanting'], { environment });

  const built = async (environment: Readonly<Record<string, string>> = {}): Promise<BuildOutcome> =>
    expectDone(await build(environment));

  const probed = (outcome: BuildOutcome): readonly string[] => printedBy(outcome, 'finalise.d/50-probe');
  const manifest = (outcome: BuildOutcome): readonly string[] =>
    printedBy(outcome, 'cleanup.d/90-wanting-manifest').slice(1);

  test('of every type come to their places, and are listed', async () => {
    const first = repository('tool');
    git('tool', 'tag', 'v1');
    const second = commit('tool', 'second');
    archive('parts.tar.gz', { 'parts-1/a': 'a', 'parts-1/b/c': 'c' });
    const digest = archive('data.tar.xz', { 'data-1/bin/x': 'x', 'data-1/doc/y': 'y' });
    writeFileSync(join(sources, 'single'), 'alone');
    wanting(
      [
        `tool git /opt/tool ${sources}/tool`,
        `tool-v1 git /opt/v1 file://${sources}/tool v1`,
        `tool-first git /opt/first ${sources}/tool ${first}`,
        `parts tar /opt/parts ${address('parts.tar.gz')}`,
        `data tar /opt/data ${address('data.tar.xz')} data-1/bin sha256:${digest}`,
        `single file /opt/single \${SINGLE_ADDRESS}`,
        `packaged package`,
      ],
      [
        'cat /opt/{tool,v1,first}/file; echo',
        'echo "$(</opt/tool/.git/HEAD)" "$(</opt/v1/.git/HEAD)"',
        'cd /opt; find parts data single ! -type d -printf "%m %u %p\\n" | sort -k 3; cat single; echo',
        'cat /etc/dib-source-repositories',
      ].join('\n'),
    );
    const outcome = await built({ SINGLE_ADDRESS: address('single') });
    expect(probed(outcome)).toEqual([
      'secondfirstfirst',
      'ref: refs/heads/fetch_master ref: refs/heads/fetch_v1',
      '644 root data/x',
      '644 root parts/a',
      '644 root parts/b/c',
      '644 root single',
      'alone',
      ...['/opt/tool', '/opt/v1', '/opt/first', '/opt/parts', '/opt/data', '/opt/single'],
    ]);
    expect(printedBy(outcome, 'cleanup.d/90-wanting-manifest')).toEqual([
      '600 0',
      `tool git /opt/tool ${sources}/tool ${second}`,
      `tool-v1 git /opt/v1 file://${sources}/tool ${first}`,
      `tool-first git /opt/first ${sources}/tool ${first}`,
    ]);
    expect(readFileSync(join(place().out, 'x.d/dib-manifests/dib-manifest-git-x'), 'utf8')).toBe(
      `${manifest(outcome).join('\n')}\n`,
    );
    expect(printedBy(outcome, hook).at(-1)).toBe(
      'source repository packaged is not needed: its type is package',
    );
  });

  test('that have not changed leave later layers valid, and a change does not', async () => {
    repository('tool');
    wanting([`tool git /opt/tool ${sources}/tool`], 'cat /opt/tool/file; echo');
    await built();
    expect(stepsOf(await built())).toContain('reused finalise.d/50-probe');
    commit('tool', 'second');
    expect(probed(await built())).toEqual(['second']);
  });

  test('serve a build that is offline as they were fetched', async () => {
    repository('tool');
    writeFileSync(join(sources, 'single'), 'alone');
    const far = { DIB_GITREPOBASE: `${sources}/` };
    wanting(
      [`tool git /opt/tool https://nowhere.invalid/tool`, `single file /opt/single ${address('single')}`],
      'cat /opt/tool/file /opt/single; echo',
    );
    await built(far);
    expect(asked).toEqual(['/single']);
    writeFileSync(join(sources, 'single'), 'changed');
    const outcome = await built({ ...far, DIB_OFFLINE: '1' });
    expect(stepsOf(outcome)).toContain('reused finalise.d/50-probe');
    expect(asked).toEqual(['/single']);
    wanting([`other git /opt/tool https://nowhere.invalid/other`]);
    const lacking = await build({ DIB_OFFLINE: '1' });
    expect(lacking.status).toBe(1);
    expect(printedBy(lacking, hook).map(place().portable)).toEqual([
      'source repository other: git https://nowhere.invalid/other in /opt/tool',
      'source repository other ({place}/elements/wanting/source-repository-wanting:3): the build is offline and master of https://nowhere.invalid/other is not stored',
      '    build once with the network',
    ]);
  });

  test('can be taken from elsewhere, in another version, as another type, or not at all', async () => {
    repository('tool');
    repository('fork', 'main');
    git('fork', 'checkout', '--quiet', '-b', 'feature/x');
    const feature = commit('fork', 'of the feature');
    writeFileSync(join(sources, 'single'), 'alone');
    wanting(
      [
        `my-tool git /opt/tool https://nowhere.invalid/lost`,
        `single git /opt/single https://nowhere.invalid/lost`,
        `agent git /opt/agent https://nowhere.invalid/lost`,
      ],
      'cat /opt/tool/file /opt/single; echo; ls /opt',
    );
    const outcome = await built({
      DIB_REPOLOCATION_my_tool: `${sources}/fork`,
      DIB_REPOREF_my_tool: 'feature/x',
      DIB_REPOTYPE_single: 'file',
      DIB_REPOLOCATION_single: address('single'),
      DIB_INSTALLTYPE_agent: 'package',
    });
    expect(probed(outcome)).toEqual(['of the featurealone', 'single', 'tool']);
    expect(manifest(outcome)).toEqual([`my-tool git /opt/tool ${sources}/fork ${feature}`]);
    wanting([`my-tool git /opt/tool https://nowhere.invalid/lost`], 'ls /opt 2>&1 || true');
    place().element('wanting', { 'cleanup.d/90-wanting-manifest': null });
    const none = await built({ NO_SOURCE_REPOSITORIES: '1' });
    expect(printedBy(none, hook)).toEqual(['NO_SOURCE_REPOSITORIES is set: no source repository is fetched']);
    expect(probed(none)).toEqual([expect.stringContaining('No such file or directory')]);
  });

  test('whose version is *, or not said, have the branches of the server', async () => {
    repository('tool', 'main');
    git('tool', 'branch', 'stable');
    git('tool', 'update-ref', 'refs/changes/7/1', commit('tool', 'under review'));
    git('tool', 'reset', '--quiet', '--hard', 'HEAD~1');
    const main = git('tool', 'rev-parse', 'HEAD');
    wanting(
      [
        `all git /opt/all ${sources}/tool *`,
        `own git /opt/own ${sources}/tool`,
        `change git /opt/change ${sources}/tool refs/changes/7/1`,
        `long git /opt/long ${sources}/tool origin/stable`,
        `head git /opt/head ${sources}/tool HEAD`,
      ],
      'cat /opt/{all,own,change,long,head}/file; echo; sed -n "s,^[0-9a-f]* ,,p" /opt/all/.git/packed-refs; ls /opt/all/.git/refs/heads; cat /opt/all/.git/HEAD',
    );
    const outcome = await built();
    expect(probed(outcome)).toEqual([
      'firstfirstunder reviewfirstfirst',
      ...['refs/remotes/origin/main', 'refs/remotes/origin/stable'],
      ...['main', 'stable', 'ref: refs/heads/main'],
    ]);
    expect(manifest(outcome).map((line) => line.split(' ').at(-1))).toEqual([
      main,
      main,
      git('tool', 'rev-parse', 'refs/changes/7/1'),
      main,
      main,
    ]);
  });

  test('that are not what they have to be end the build, saying who wants them and what can be done', async () => {
    const digest = archive('data.tar', { 'data-1/x': 'x' });
    const wrong = digest.replaceAll(/[0-9a-f]/g, '0');
    wanting([`data tar /opt/data ${address('data.tar')} sha256:${wrong}`]);
    const outcome = await build();
    expect(outcome.status).toBe(1);
    const url = address('data.tar');
    expect(printedBy(outcome, hook).map(place().portable)).toEqual([
      `source repository data: tar ${url} in /opt/data`,
      `cache-url: ${url} is not what it has to be: its SHA-256 digest is ${digest}, not ${wrong}`,
      `source repository data ({place}/elements/wanting/source-repository-wanting:3): ${url} could not be fetched, or is not what its checksum says (DIB_REPOCHECKSUM_data sets another, or none)`,
      '    check its address and the network, and build again: what was fetched before is kept',
      '    DIB_REPOLOCATION_data=ADDRESS takes it from elsewhere, DIB_REPOREF_data=REF takes another version',
      '    DIB_INSTALLTYPE_data=package does without where the element offers packages, NO_SOURCE_REPOSITORIES=1 without any',
    ]);
    place().element('wanting', { 'cleanup.d/90-wanting-manifest': null });
    await built({ DIB_REPOCHECKSUM_data: `sha256:${digest}` });
    await built({ DIB_REPOCHECKSUM_data: 'none' });
  });

  test.each([
    [
      'x svn /opt/x https://nowhere.invalid/x',
      'its line is none that is known: x svn /opt/x https://nowhere.invalid/x',
    ],
    ['x git https://nowhere.invalid/x', 'its line says nothing of where it goes'],
    ['x file /opt/x', 'its line says nothing of where it comes from'],
    ['x file /opt/x $NOT_SET/x', 'its line cannot be expanded: x file /opt/x $NOT_SET/x'],
    ['x git /opt/x /x sha256:00', 'its checksum is sha256:00'],
    ['x file /out/of/x /etc/hostname', '/out/of/x leads out of the tree'],
  ])('said by the line %s are refused', async (line, message) => {
    place().element('way-out', {
      'element-deps': 'tiny-os\n',
      'root.d/50-way-out': '#!/bin/bash\nln -s /var "$TARGET_ROOT/out"\n',
    });
    place().element('packages', { 'element-deps': 'tiny-os\nway-out\n' });
    wanting([line]);
    const outcome = await build();
    expect(outcome.status).toBe(1);
    expect(printedBy(outcome, hook).join('\n')).toContain(`source-repository-wanting:3): ${message}`);
  });

  test('are found wherever the caller keeps them, in the words of the caller’s git', async () => {
    const first = repository('tool');
    // As sudo leaves a cache behind, or a colleague a repository.
    if (place().person.uid === 0) spawnSync('chown', ['-R', '4321:4321', sources]);
    writeFileSync(
      join(place().directory, 'home/.gitconfig'),
      `[url "${sources}/"]\n    insteadOf = https://ada:secret@known.invalid/\n`,
    );
    wanting(
      [`tool git /opt/tool https://ada:secret@known.invalid/tool`],
      'cat /opt/tool/file; echo; grep url /opt/tool/.git/config',
    );
    const outcome = await built();
    expect(probed(outcome)).toEqual(['first', '\turl = https://known.invalid/tool']);
    expect(manifest(outcome)).toEqual([`tool git /opt/tool https://known.invalid/tool ${first}`]);
    if (place().person.uid === 0) {
      spawnSync('chown', ['-R', '4321:4321', join(place().cache, 'source-repositories')]);
      wanting([`tool git /opt/other https://ada:secret@known.invalid/tool`], 'cat /opt/other/file');
      expect(probed(await built())).toEqual(['first']);
    }
  });
});
