// SPDX-License-Identifier: Apache-2.0
import type { BuildPlan, PlannedOutput, PlannedPackages, Step } from '../model/plan.ts';
import type { Phase } from '../model/phases.ts';
import { phases } from '../model/phases.ts';
import { columns } from './columns.ts';
import { describeDisk } from './describe-disk.ts';
import { describeRamdisk } from './describe-ramdisk.ts';

/** The plan for people: what `--dry-run` prints. The environment is left out, since it may hold secrets. */
export function describePlan(plan: BuildPlan): string {
  const { name, program, arch, release } = plan;
  const what = program === 'ramdisk-image-create' ? 'ramdisk' : 'image';
  const sections: readonly Section[] = [
    {
      title: 'Elements',
      lines: columns(
        plan.elements.map((element) => [element.name, element.directory]),
        2,
      ),
    },
    { title: 'Steps', lines: describeSteps(plan.tree) },
    { title: 'Packages the elements ask for', lines: describePackages(plan.packages) },
    { title: 'Disk', lines: plan.disk === null ? [] : describeDisk(plan.disk, plan.boot) },
    { title: 'RAM disk', lines: plan.ramdisk === null ? [] : describeRamdisk(plan.ramdisk) },
    { title: 'Outputs', lines: describeOutputs(plan.outputs) },
    {
      title: 'Programs needed',
      lines: columns(
        plan.needs.map(({ program: name, reason }) => [name, reason]),
        2,
      ),
    },
    { title: 'Notes', lines: plan.notes.map((note) => `  ${note}`) },
  ];
  const heading = `${what} ${name} for ${arch}${release === null ? '' : `, release ${release}`}`;
  return [heading, ...sections.filter(({ lines }) => lines.length > 0).map(sectionText)].join('\n\n') + '\n';
}

export const describeSteps = (tree: readonly Step[]): readonly string[] =>
  phases.flatMap((phase) => describePhase(phase, tree));

type Section = { readonly title: string; readonly lines: readonly string[] };

const sectionText = ({ title, lines }: Section): string => [title, ...lines].join('\n');

function describePhase(phase: Phase, tree: readonly Step[]): readonly string[] {
  const steps = tree.filter((step) => step.phase === phase.name);
  if (steps.length === 0) return [];
  const place = describePlace(phase);
  const rows = steps.map((step) => stepCells(step, phase.cached));
  return [`  ${phase.name}  ${place}${whenOf(phase)}`, ...columns(rows, 4)];
}

export const describePlace = ({ runsIn }: Phase): string =>
  ({ host: 'on the host', target: 'in the tree', guest: 'copied in' })[runsIn];

function whenOf({ runsIn, cached }: Phase): string {
  if (runsIn === 'guest') return ', run once when the image boots';
  return cached ? '' : ', in every build';
}

function stepCells(step: Step, isPhaseCached: boolean): readonly string[] {
  if (step.kind === 'packages') return [`install-packages ${step.install.join(' ')}`];
  const remark = isPhaseCached && !step.cached ? 'in every build' : '';
  return [step.script, step.element, remark];
}

export function describePackages(packages: readonly PlannedPackages[]): readonly string[] {
  const phaseNames = [...new Set(packages.map(({ phase }) => phase))];
  return phaseNames.flatMap((phase) => {
    const rows = packages.filter((entry) => entry.phase === phase).flatMap(packageCells);
    return [`  ${phase}`, ...columns(rows, 4)];
  });
}

const packageCells = ({ element, install, uninstall }: PlannedPackages): readonly (readonly string[])[] => [
  ...(install.length === 0 ? [] : [[element, 'install', install.join(' ')]]),
  ...(uninstall.length === 0 ? [] : [[element, 'remove', uninstall.join(' ')]]),
];

function describeOutputs(outputs: readonly PlannedOutput[]): readonly string[] {
  if (outputs.length === 0) return ['  none: the hooks write what is wanted'];
  const rows = outputs.map(({ format, from, file, checksums, recipe }) => [
    file,
    format,
    'source' in recipe && recipe.source.isHost ? 'from this machine' : `from the ${from}`,
    checksums.length === 0 ? '' : `with ${checksums.join(' and ')}`,
  ]);
  return columns(rows, 2);
}
