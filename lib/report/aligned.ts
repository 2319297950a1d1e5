// SPDX-License-Identifier: Apache-2.0

/** A cell of a table: a text, or one that stands at the right end of its column. */
export type Cell = string | { readonly right: string };

export const right = (text: string): Cell => ({ right: text });

/** Rows whose columns begin two blanks after the widest cell of the column before. */
export function aligned(rows: readonly (readonly Cell[])[]): readonly string[] {
  const textOf = (cell: Cell): string => (typeof cell === 'string' ? cell : cell.right);
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, index) => (widths[index] = Math.max(widths[index] ?? 0, textOf(cell).length)));
  const fit = (cell: Cell, width: number): string =>
    typeof cell === 'string' ? cell.padEnd(width) : cell.right.padStart(width);
  return rows.map((row) =>
    row
      .map((cell, index) => fit(cell, widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
