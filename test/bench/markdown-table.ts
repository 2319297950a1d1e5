// SPDX-License-Identifier: Apache-2.0

/** A table in Markdown: the first column to the left, the others to the right. */
export function markdownTable(
  head: readonly string[],
  lines: readonly (readonly string[])[],
): readonly string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, index) => (index === 0 ? '---' : '---:'))), ...lines.map(line)];
}
