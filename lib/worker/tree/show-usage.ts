// SPDX-License-Identifier: Apache-2.0
import type { HostPath } from '../../model/brands.ts';
import type { WorkerContext } from '../context.ts';

const MOST_LINES = 25;

/** DIB_SHOW_IMAGE_USAGE: says which directories of the finished tree take most, in KiB as du counts them. */
export async function showUsage({ host, plan, report }: WorkerContext, tree: HostPath): Promise<void> {
  if (!plan.execution.debug.showImageUsage) return;
  const result = await host.run({ argv: ['du', '--one-file-system', '--max-depth=3', tree] });
  report({ kind: 'output', text: 'What takes most of the image, in KiB:' });
  for (const line of largestFirst(result.stdout, tree)) report({ kind: 'output', text: line });
}

/** @param text Lines `SIZE<TAB>PATH` of du. */
export function largestFirst(text: string, tree: string): readonly string[] {
  const rows = text.split('\n').flatMap((line) => {
    const [size, path] = line.split('\t');
    return path === undefined ? [] : [{ size: Number(size), path: path.slice(tree.length) || '/' }];
  });
  const largest = rows.sort((a, b) => b.size - a.size).slice(0, MOST_LINES);
  return largest.map(({ size, path }) => `${String(size).padStart(10)}  ${path}`);
}
