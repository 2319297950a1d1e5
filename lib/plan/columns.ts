// SPDX-License-Identifier: Apache-2.0

/**
 * Rows of cells as lines, each column as wide as its widest cell; columns stand two blanks apart. A row of one cell is
 * a remark that widens nothing.
 */
export function columns(rows: readonly (readonly string[])[], indent: number): readonly string[] {
  const widths = rows.reduce<readonly number[]>(
    (widest, row) =>
      row.length === 1 ? widest : row.map((cell, index) => Math.max(widest[index] ?? 0, cell.length)),
    [],
  );
  return rows.map((row) => {
    const cells = row.map((cell, index) => cell.padEnd(widths[index] ?? 0));
    return `${' '.repeat(indent)}${cells.join('  ')}`.trimEnd();
  });
}
