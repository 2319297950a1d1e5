// SPDX-License-Identifier: Apache-2.0
import { columns } from './columns.ts';
import { describePackages, describeSteps } from './describe-plan.ts';
import type { ElementsExplained, ExplainedElement } from './explain-elements.ts';

/** Elements, variables, hooks and packages for people. */
export function describeElements(explained: ElementsExplained): string {
  const { elements, environment, schedule, packages, notes } = explained;
  const sections = [
    { title: 'Elements', lines: columns(elements.map(elementCells), 2) },
    {
      title: 'Variables, set before every hook',
      lines: columns(
        environment.map(({ file, element }) => [file, element]),
        2,
      ),
    },
    { title: 'Hooks', lines: describeSteps(schedule) },
    { title: 'Packages the elements ask for', lines: describePackages(packages) },
    { title: 'Notes', lines: notes.map((note) => `  ${note}`) },
  ];
  return sections
    .filter(({ lines }) => lines.length > 0)
    .map(({ title, lines }) => `${[title, ...lines].join('\n')}\n`)
    .join('\n');
}

const elementCells = (element: ExplainedElement): readonly string[] => [
  element.name,
  element.directory,
  reasonText(element),
];

function reasonText({ because, askedForBy }: ExplainedElement): string {
  const wanted = askedForBy.length === 0 ? [] : [`for ${askedForBy.join(', ')}`];
  if (because === 'dependency') return wanted.join('');
  const first = { named: 'named', always: 'always, unless -n', default: 'by default' }[because];
  return [first, ...wanted].join('; ');
}
