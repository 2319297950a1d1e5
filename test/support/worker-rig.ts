// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realHost } from '../../lib/host/real-host.ts';
import type { HostPath } from '../../lib/model/brands.ts';
import { hostPath, targetPath } from '../../lib/model/brands.ts';
import type { BuildEventBody } from '../../lib/model/event.ts';
import type { BuildFailure } from '../../lib/model/failure.ts';
import type { BuildPlan } from '../../lib/model/plan.ts';
import { PLAN_VERSION } from '../../lib/model/plan.ts';
import type { WorkerContext } from '../../lib/worker/context.ts';
import { Scope } from '../../lib/worker/scope.ts';
import { requestWith } from './make-request.ts';

export type WorkerRig = {
  readonly context: WorkerContext;
  readonly events: readonly BuildEventBody[];
  readonly tree: HostPath;
  /** Where outputs may be put. */
  readonly out: HostPath;
  readonly close: () => Promise<void>;
};

/** A worker's surroundings in a temporary directory, with the real host and a tree to fill. */
export async function workerRig(plan: Partial<BuildPlan>): Promise<WorkerRig> {
  const top = await mkdtemp(join(tmpdir(), 'dib-worker-'));
  const at = (name: string): HostPath => hostPath(join(top, name));
  const work = hostPath(join(top, 'work', 'this-build'));
  const paths = { work, build: at('build'), hooks: at('hooks'), tree: at('tree'), image: at('image') };
  for (const path of [...Object.values(paths), at('out')]) await mkdir(path, { recursive: true });
  const events: BuildEventBody[] = [];
  const scope = new Scope();
  const context: WorkerContext = {
    plan: { ...emptyPlan(at('out')), ...plan },
    host: realHost,
    report: (event) => void events.push(event),
    scope,
    paths,
    stop: new AbortController().signal,
    companions: new Set(),
    owner: null,
  };
  const close = async (): Promise<void> => {
    const failures = await scope.close();
    await rm(top, { recursive: true, force: true });
    if (failures.length > 0) throw new Error(failures.join('\n'));
  };
  return { context, events, tree: paths.tree, out: at('out'), close };
}

/** What a stage threw, as data. */
export async function failureOf(work: Promise<unknown>): Promise<BuildFailure['failure']> {
  const error = await work.then(
    () => new Error('nothing was thrown'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof Error && 'failure' in error) return (error as BuildFailure).failure;
  throw error;
}

function emptyPlan(workingDirectory: HostPath): BuildPlan {
  const { store, debug } = requestWith({});
  return {
    version: PLAN_VERSION,
    program: 'disk-image-create',
    name: 'image',
    arch: 'amd64',
    release: null,
    elements: [],
    environment: {},
    tree: [],
    packages: [],
    fstab: '',
    disk: null,
    boot: null,
    outputs: [],
    ramdisk: null,
    needs: [],
    execution: {
      store: { ...store, tmpfs: false },
      debug,
      workingDirectory,
      temporaryDirectory: null,
      shellLibrary: hostPath(join(import.meta.dirname, '../../lib/target')),
      hostCommands: hostPath('/lib'),
      builder: [],
      toolStamps: {},
      hooksInTarget: targetPath('/tmp/in_target.d'),
      diskConfig: '',
    },
    notes: [],
  };
}
