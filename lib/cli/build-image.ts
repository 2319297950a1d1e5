// SPDX-License-Identifier: Apache-2.0
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { LoadedElement } from '../elements/read-element.ts';
import { prepareElements } from '../elements/prepare-elements.ts';
import { checkInitFragments } from '../host/check-init-fragments.ts';
import { gatherFacts } from '../host/gather-facts.ts';
import type { HostFacts } from '../host/gather-facts.ts';
import { builderCommand } from '../host/package-root.ts';
import { packageRoot } from '../host/package-root.ts';
import { realHost } from '../host/real-host.ts';
import { stampTools } from '../host/stamp-tools.ts';
import { hostPath } from '../model/brands.ts';
import type { BuildPlan } from '../model/plan.ts';
import type { InitFragment } from '../model/init-fragment.ts';
import type { Result } from '../model/problem.ts';
import { failed, success } from '../model/problem.ts';
import type { BuildRequest } from '../model/request.ts';
import { describePlan } from '../plan/describe-plan.ts';
import { planBuild } from '../plan/plan-build.ts';
import { initFragments } from '../ramdisk/init-fragments.ts';
import { describeProblems } from '../report/describe-problems.ts';
import { createMask } from '../report/mask-secrets.ts';
import { describeOptions } from './describe-options.ts';
import { makeRequest } from './make-request.ts';
import type { CommandLine } from './make-request.ts';
import { readTextFile } from './read-text.ts';
import { runBuild } from './run-build.ts';
import { done } from './start-times.ts';
import type { Surroundings } from './surroundings.ts';
import { versionLine } from './surroundings.ts';

/** The commands `disk-image-create` and `ramdisk-image-create`. @returns the exit status. */
export async function buildImage(
  surroundings: Surroundings,
  program: BuildRequest['program'],
): Promise<number> {
  done('loading the program');
  const facts = await gatherFacts(surroundings.environment['PATH'] ?? '');
  const commandLine = understand(surroundings, facts, program);
  const { request, values } = commandLine;
  if (values.help) return say(surroundings, describeOptions(request.program));
  if (values.version) return say(surroundings, `${versionLine()}\n`);
  done('reading the command line');
  const planned = await planRequest(request, facts);
  done('planning');
  const problems = [...commandLine.problems, ...(planned.ok ? [] : planned.problems)];
  if (problems.length > 0 || !planned.ok) {
    surroundings.writeError(describeProblems(problems));
    return 2;
  }
  if (values.dryRun !== 'no') return say(surroundings, planText(planned.value, commandLine));
  return runBuild({ plan: planned.value, commandLine, facts, surroundings });
}

/** A command line of either, whatever it is for. */
export function understand(
  { argv, environment, workingDirectory }: Surroundings,
  { arch }: HostFacts,
  program: BuildRequest['program'] = 'disk-image-create',
): CommandLine {
  return makeRequest({
    program,
    argv,
    environment,
    workingDirectory,
    facts: { arch, homeDirectory: homedir(), builtInElements: hostPath(join(packageRoot, 'elements')) },
    readText: readTextFile,
  });
}

/** Plans what was understood. */
export async function planRequest(request: BuildRequest, facts: HostFacts): Promise<Result<BuildPlan>> {
  const prepared = await prepareElements(request);
  done('reading elements');
  const loaded = prepared.ok ? prepared.value.elements : [];
  const programs = loaded.flatMap(({ element }) => Object.keys(element.settings.needs));
  const plan = planBuild(request, prepared, {
    shellLibrary: hostPath(join(packageRoot, 'lib/target')),
    hostCommands: hostPath(join(packageRoot, 'lib/target/host-bin')),
    builder: [process.execPath, builderCommand],
    toolStamps: await stampTools(programs, facts),
  });
  return plan.ok ? withSoundInit(plan.value, loaded) : plan;
}

/** Mistakes in pieces of /init are found before the build. */
async function withSoundInit(
  plan: BuildPlan,
  elements: readonly LoadedElement[],
): Promise<Result<BuildPlan>> {
  if (!plan.outputs.some(({ recipe }) => recipe.kind === 'initramfs')) return success(plan);
  const files = elements.flatMap(({ element, texts }) =>
    [...texts].map(([path, text]) => ({ element: element.name, directory: element.directory, path, text })),
  );
  const fragments = initFragments(files);
  const fileOf = ({ element, path }: InitFragment): string =>
    join(files.find((file) => file.element === element)?.directory ?? '', path);
  const { problems } = await checkInitFragments(realHost, fragments, fileOf);
  return problems.length > 0 ? failed(...problems) : success(plan);
}

/** The plan as `--dry-run` prints it, secrets masked. */
export function planText(plan: BuildPlan, { values, request }: CommandLine): string {
  const shown = createMask(request.environment).inside(plan);
  return values.dryRun === 'json' ? `${JSON.stringify(shown, null, 2)}\n` : describePlan(shown);
}

function say({ write }: Surroundings, text: string): number {
  write(text);
  return 0;
}
