// SPDX-License-Identifier: Apache-2.0
/** How a script handed into a guest ended; null: it has not ended. */
export type ScriptResult = { readonly exitStatus: number | null; readonly output: string };

/**
 * Runs a script file in the guest and tells of it on the console, each line behind a mark that nothing else prints.
 * The console is opened anew for each line: a login program that starts meanwhile hangs up whoever has it open.
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
{ cd / && "$work/script" </dev/null 2>&1; echo "$?" >"$work/status"; } |
    while IFS= read -r line || [ -n "$line" ]; do say "|$line"; done
status=$(cat "$work/status")
rm -rf "$work"
for again in 1 2 3; do
    printf '\\n' >"$console"
    say ">$status."
    sleep 1
done
`;
}

/** Reads on the console what `markedRun` told there so far. */
export function scriptProgress(console: string, mark: string): ScriptResult & { readonly begun: boolean } {
  const told = console
    .split('\n')
    .filter((line) => line.startsWith(mark))
    .map((line) => line.slice(mark.length));
  const end = told.map((line) => /^>(\d+)\./.exec(line)?.[1]).find((status) => status !== undefined);
  return {
    begun: told.length > 0,
    exitStatus: end === undefined ? null : Number(end),
    output: told
      .filter((line) => line.startsWith('|'))
      .map((line) => `${line.slice(1)}\n`)
      .join(''),
  };
}

/** The console without what is in the script's result already. */
export function withoutMarked(console: string, mark: string | null): string {
  if (mark === null) return console;
  const lines = console.split('\n');
  return lines.filter((line) => !line.startsWith(mark)).join('\n');
}
