// SPDX-License-Identifier: Apache-2.0
import { rename, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { openNamedPrograms } from '../../host/named-programs.ts';
import { ignoreMissing } from '../../host/file-checks.ts';
import type { HostPath } from '../../model/brands.ts';
import { hostPath } from '../../model/brands.ts';
import type { PlannedOutput } from '../../model/plan.ts';
import type { Artifact } from '../../store/artifacts.ts';
import { commitArtifact, findArtifact, relatedArtifacts, stageArtifact } from '../../store/artifacts.ts';
import type { BuildRecorder } from '../../store/build-record.ts';
import { contentDigest } from '../../store/content-digest.ts';
import type { WorkerContext } from '../context.ts';
import { runToolQuietly } from '../run-tool-quietly.ts';
import type { Chain } from '../tree/mount-tree.ts';
import type { KeyParts } from '../tree/step-key.ts';
import { digestOf, keyOf } from '../tree/step-key.ts';
import type { TreeStore } from '../tree/tree-store.ts';
import { outputSizes } from './output-parts.ts';

/** Where finished outputs are kept, so that none is made twice of the same. */
export type Shelf = {
  /** What is there already, by output. */
  readonly stored: ReadonlyMap<PlannedOutput, Artifact>;
  /** Finished outputs made in the same way of something else, the one used last first. */
  readonly related: (output: PlannedOutput) => Promise<readonly Artifact[]>;
  /** Where a format may write what helps to make other outputs from this one; null: outputs are not kept. */
  readonly indexOf: (output: PlannedOutput) => HostPath | null;
  /** Keeps a copy of a finished output and its index. A full disk is no failure: it is just not kept. */
  readonly keep: (output: PlannedOutput, file: HostPath) => Promise<void>;
};

/** For outputs that no key covers. */
export const noShelf: Shelf = {
  stored: new Map(),
  related: () => Promise.resolve([]),
  indexOf: () => null,
  keep: () => Promise.resolve(),
};

export type ShelfContext = WorkerContext & { readonly store: TreeStore; readonly record: BuildRecorder };

export type ShelfTerms = {
  /** The finished tree. */
  readonly chain: Chain;
  /** Digest of the hooks directory as it is at the end, and of what hooks of RAM disks see. */
  readonly hooks: string;
  /** What the worker itself is, and what tools go by: its umask, and variables of its environment. */
  readonly surroundings: readonly string[];
  /** The directories of PATH. */
  readonly programPath: readonly string[];
};

export async function openShelf(context: ShelfContext, terms: ShelfTerms): Promise<Shelf> {
  const { plan, store, record } = context;
  const { chain, hooks } = terms;
  const families = await familiesOf(context, terms);
  const tree = digestOf(chain.layers);
  const partsOf = (output: PlannedOutput): KeyParts => ({
    ...families.get(output),
    'the layers of the tree': tree,
    ...(output.from === 'disk' ? { 'the disk': JSON.stringify(plan.disk) } : {}),
    ...(output.recipe.kind === 'initramfs' ? ramdiskParts(context, hooks) : {}),
  });
  const stored = new Map<PlannedOutput, Artifact>();
  for (const output of plan.outputs.filter(canBeKept)) {
    const [key, parts] = [keyOf(partsOf(output)), partsOf(output)];
    const artifact = await findArtifact(store, key, store);
    if (artifact !== null) stored.set(output, artifact);
    record.key({ title: `output ${basename(output.file)}`, key, parts });
    const because = store.madeAfter === Infinity ? 'unwanted' : 'none';
    record.answer(key, artifact === null ? { kind: 'made', because } : { kind: 'reused', id: artifact.key });
  }
  return {
    stored,
    related: (output) =>
      relatedArtifacts(store, familyOf(families, output), { terms: store, most: MOST_RELATED }),
    indexOf: (output) => indexOf(context, output),
    keep: async (output, made) => {
      if (!canBeKept(output)) return;
      const [key, family] = [keyOf(partsOf(output)), familyOf(families, output)];
      const below = chain.layers.at(-1) ?? null;
      await keepCopy(context, { output, made, key, family, below }).catch((error: unknown) => {
        context.report({
          kind: 'note',
          text: `${output.file} is not kept for later builds: ${String(error)}`,
        });
      });
    },
  };
}

/** No key covers the machine that builds. */
const canBeKept = ({ recipe }: PlannedOutput): boolean => !('source' in recipe) || !recipe.source.isHost;

/** What elements say of RAM disks is in the hooks directory, or lies at their top. */
const ramdiskParts = ({ plan }: ShelfContext, hooks: string): KeyParts => ({
  hooks,
  elements: JSON.stringify(plan.elements.map(({ name, digest }) => [name, digest])),
  variables: JSON.stringify(
    ['DIB_RAMDISK_MODULES', 'SOURCE_DATE_EPOCH'].map((name) => plan.environment[name] ?? ''),
  ),
});

/** Each has to be read for what it has in common with the new one, and the last ones have most. */
const MOST_RELATED = 3;

/** Gives a new file, or directory, the content of what is stored. */
export async function copyOut(
  context: WorkerContext,
  { file: from }: Artifact,
  { file, output }: { readonly file: HostPath; readonly output: HostPath },
): Promise<void> {
  await copy(context, { from, to: file, writesTo: output });
}

/** What decides how an output is made, whatever it is made of. */
type Families = ReadonlyMap<PlannedOutput, KeyParts>;

const familyOf = (families: Families, output: PlannedOutput): string => keyOf(families.get(output) ?? {});

async function familiesOf({ plan, store }: ShelfContext, terms: ShelfTerms): Promise<Families> {
  const known = openNamedPrograms(terms.programPath, join(store.root, 'programs'));
  const programs = plan.needs.map(({ program }) => program);
  const families = plan.outputs.map(async (output) => {
    const recipe = JSON.stringify(output.recipe);
    // What makes the disk says nothing of what is made of the tree.
    const usesAll = output.from === 'disk' || output.recipe.kind === 'initramfs';
    const used = usesAll ? programs : programs.filter((program) => recipe.includes(program));
    const tools = Object.entries(await known.among([...used, 'pigz', 'gzip']));
    const stamps = Object.fromEntries(tools.map(([name, digest]) => [`tool ${name}`, digest]));
    const { surroundings } = terms;
    return [output, { recipe, surroundings: JSON.stringify(surroundings), ...stamps }] as const;
  });
  return new Map(await Promise.all(families));
}

type Keeping = {
  readonly output: PlannedOutput;
  readonly made: HostPath;
  readonly key: string;
  readonly family: string;
  readonly below: string | null;
};

async function keepCopy(context: ShelfContext, keeping: Keeping): Promise<void> {
  const { output, made, key, family, below } = keeping;
  const { store, paths } = context;
  const staged = await stageArtifact(paths.work, key);
  const isDirectory = (await stat(made)).isDirectory();
  const [digest] = await Promise.all([
    isDirectory ? null : contentDigest(made),
    copy(context, { from: made, to: staged.file, writesTo: staged.directory }),
  ]);
  await rename(indexOf(context, output), staged.index).catch(ignoreMissing);
  const entry = {
    title: basename(output.file),
    below,
    family,
    madeAt: Date.now(),
    bootId: store.bootId,
    bytes: (await outputSizes(staged.directory)).allocatedBytes,
    digest,
  };
  await commitArtifact(store, staged, { key, entry });
}

/** In the build's own directory, which is on the store's file system. */
const indexOf = ({ paths }: WorkerContext, { format }: PlannedOutput): HostPath =>
  hostPath(join(paths.work, `index-${format}`));

type Copying = { readonly from: HostPath; readonly to: HostPath; readonly writesTo: HostPath };

/** Never a hard link: who gets an image boots it, and it changes. */
async function copy(context: WorkerContext, { from, to, writesTo }: Copying): Promise<void> {
  const sparse = (await isNearlyFull(from)) ? 'never' : 'auto';
  const words = ['--recursive', '--reflink=auto', `--sparse=${sparse}`, '--preserve=mode'];
  const argv = ['cp', ...words, from, to] as const;
  await runToolQuietly(context, `copying ${writesTo}`, { argv, signal: context.stop, writesTo });
}

/** A few holes among much content: the kernel copies the whole in a third of the time that cp takes to keep them. */
async function isNearlyFull(file: HostPath): Promise<boolean> {
  const stats = await stat(file);
  return stats.isFile() && stats.blocks * 512 >= stats.size * NEARLY_FULL;
}

const NEARLY_FULL = 0.98;
