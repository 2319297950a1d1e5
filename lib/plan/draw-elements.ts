// SPDX-License-Identifier: Apache-2.0
import { phases } from '../model/phases.ts';
import type { ElementName } from '../model/brands.ts';
import type { Step } from '../model/plan.ts';
import { describePlace } from './describe-plan.ts';
import type { ElementsExplained, ExplainedElement } from './explain-elements.ts';

/** The elements with their dependencies, and the phases with their hooks, in the language of Graphviz. */
export function drawElements({ elements, schedule }: ElementsExplained): string {
  const body = [
    'rankdir=LR;',
    'fontname="sans-serif";',
    'node [fontname="sans-serif", fontsize=11];',
    'edge [color="#666666"];',
    ...cluster('Elements', elements.map(elementNode)),
    ...elements.flatMap(dependencyEdges),
    ...cluster('Phases', phaseNodes(schedule)),
    ...phaseEdges(schedule),
  ];
  return `digraph elements {\n${body.map((line) => `  ${line}\n`).join('')}}\n`;
}

const cluster = (label: string, lines: readonly string[]): readonly string[] => [
  `subgraph ${quoted(`cluster ${label}`)} {`,
  ...[`label=${quoted(label)};`, 'style=rounded;', ...lines].map((line) => `  ${line}`),
  '}',
];

/** What the user named stands out; what an element stands for is written below its name. */
function elementNode({ name, provides, because }: ExplainedElement): string {
  const label = provides.length === 0 ? name : `${name}\n(${provides.join(', ')})`;
  const style = because === 'named' ? ', style=filled, fillcolor="#cfe3f7"' : '';
  return `${elementId(name)} [shape=box, label=${quoted(label)}${style}];`;
}

const dependencyEdges = ({ name, dependsOn }: ExplainedElement): readonly string[] =>
  dependsOn.map((other) => `${elementId(name)} -> ${elementId(other)};`);

const usedPhases = (schedule: readonly Step[]): readonly (typeof phases)[number][] =>
  phases.filter(({ name }) => schedule.some(({ phase }) => phase === name));

function phaseNodes(schedule: readonly Step[]): readonly string[] {
  return usedPhases(schedule).map((phase) => {
    const { name } = phase;
    const hooks = schedule.flatMap((step) =>
      step.kind === 'hook' && step.phase === name ? [`${step.script} (${step.element})\\l`] : [],
    );
    const label = `${fieldText(`${name}, ${describePlace(phase)}`)}|${hooks.map(fieldText).join('')}`;
    return `${phaseId(name)} [shape=record, label="${label}"];`;
  });
}

function phaseEdges(schedule: readonly Step[]): readonly string[] {
  const used = usedPhases(schedule).map(({ name }) => phaseId(name));
  return used.length < 2 ? [] : [`${used.join(' -> ')} [style=bold];`];
}

const elementId = (name: ElementName): string => quoted(`element ${name}`);
const phaseId = (name: string): string => quoted(`phase ${name}`);

const quoted = (text: string): string =>
  `"${text.replaceAll(/[\\"]/g, String.raw`\$&`).replaceAll('\n', String.raw`\n`)}"`;

/** Braces, bars and angles would end a field of a record; `\l` ends a line and sets it to the left. */
const fieldText = (text: string): string => text.replaceAll(/[{}|<>"]/g, String.raw`\$&`);
