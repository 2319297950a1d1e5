// SPDX-License-Identifier: Apache-2.0
/** How a script handed into a guest ended; null: it has not ended. */
export type ScriptResult = { readonly exitStatus: number | null; readonly output: string };

/**
 * Runs a script file in the guest and tells of it on the console, each line behind a mark that nothing else prints.
 * The console is opened anew for each line: a login program that starts meanwhile hangs up whoever has it open, and
 * throws away what was on its way. So lines have numbers, and all of them are told again with the end.
 */
export function markedRun(program: Buffer, mark: string, consoleDevice: string): string {
  const contents = program.toString('base64').replace(/.{76}/g, '$&\n');
  return `#!/bin/sh
console=${consoleDevice}
[ -c "$console" ] || console=/dev/console
say() { printf '%s\\n' "${mark}$1" 2>/dev/null >"$console"; }

dmesg -n 1 2>/dev/null || :
work=$(mktemp -d)
base64 -d >"$work/script" <<'END-OF-SCRIPT'
${contents}
END-OF-SCRIPT
chmod 700 "$work/script"
printf '\\n' >"$console"
say '<'
: >"$work/lines"
{ cd / && "$work/script" </dev/null 2>&1; echo "$?" >"$work/status"; } | {
    count=0
    while IFS= read -r line || [ -n "$line" ]; do
        count=$((count + 1))
        printf '%s\\n' "|$count|$line" >>"$work/lines"
        say "|$count|$line"
    done
    echo "$count" >"$work/count"
}
status=$(cat "$work/status")
count=$(cat "$work/count")
for round in 1 2 ${ROUNDS}; do
    printf '\\n' >"$console"
    while IFS= read -r line; do say "$line"; done <"$work/lines"
    say ">$status.$count.$round."
    sleep 1
done
rm -rf "$work"
`;
}

/** How often the end is told; after the last time there is nothing more to come. */
const ROUNDS = 3;

/** Reads on the console what `markedRun` told there so far. It has ended when the end and every line are there. */
export function scriptProgress(console: string, mark: string): ScriptResult & { readonly begun: boolean } {
  const told = console
    .split('\n')
    .filter((line) => line.startsWith(mark))
    .map((line) => line.slice(mark.length));
  const lines = numberedLines(told);
  const end = told.map(readEnd).findLast((found) => found !== null);
  const isWhole = end != null && (lines.size >= end.count || end.round >= ROUNDS);
  return {
    begun: told.length > 0,
    exitStatus: isWhole ? end.status : null,
    output: [...lines]
      .sort(([a], [b]) => a - b)
      .map(([, text]) => `${text}\n`)
      .join(''),
  };
}

/** A line told again replaces what was seen of it before. */
function numberedLines(told: readonly string[]): ReadonlyMap<number, string> {
  const lines = new Map<number, string>();
  for (const line of told) {
    const [, number, text] = /^\|(\d+)\|([^]*)$/.exec(line) ?? [];
    if (text !== undefined) lines.set(Number(number), text);
  }
  return lines;
}

type End = { readonly status: number; readonly count: number; readonly round: number };

function readEnd(line: string): End | null {
  const [, status, count, round] = /^>(\d+)\.(\d+)\.(\d+)\./.exec(line) ?? [];
  return round === undefined ? null : { status: Number(status), count: Number(count), round: Number(round) };
}

/** The console without what is in the script's result already. */
export function withoutMarked(console: string, mark: string | null): string {
  if (mark === null) return console;
  const lines = console.split('\n');
  return lines.filter((line) => !line.startsWith(mark)).join('\n');
}
