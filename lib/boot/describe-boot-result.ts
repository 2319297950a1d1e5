// SPDX-License-Identifier: Apache-2.0
import type { BootResult, BootTestResult } from './boot-test.ts';

/** The outcome of a boot test in words, a paragraph for each boot. Ends with a line end. */
export function describeBootResult({ boots }: BootTestResult): string {
  return boots.map((boot) => `${describeBoot(boot).join('\n')}\n`).join('');
}

function describeBoot(boot: BootResult): readonly string[] {
  return [headline(boot), ...scriptLines(boot), ...(boot.passed ? [] : consoleLines(boot.lastLines))];
}

function headline({ image, firmware, accelerator, passed, reason, bootMilliseconds }: BootResult): string {
  const way = `${firmware.toUpperCase()}, ${accelerator.toUpperCase()}`;
  const time = bootMilliseconds === null ? '' : `up after ${(bootMilliseconds / 1000).toFixed(1)} s`;
  const outcome = passed ? time : [reason, time].filter((words) => words !== null && words !== '').join('; ');
  return `${passed ? 'passed' : 'FAILED'}  ${image} (${way}): ${outcome}`;
}

function scriptLines({ script }: BootResult): readonly string[] {
  if (script === null) return [];
  const { exitStatus, output } = script;
  const end = exitStatus === null ? 'has not ended' : `exit status ${exitStatus}`;
  return [`  The script: ${end}${output === '' ? ', no output' : ''}`, ...indented(output.trimEnd())];
}

function consoleLines(lastLines: readonly string[]): readonly string[] {
  if (lastLines.length === 0) return ['  The serial console stayed empty.'];
  return ['  The last lines on the serial console:', ...indented(lastLines.join('\n'))];
}

const indented = (text: string): readonly string[] =>
  text === '' ? [] : text.split('\n').map((line) => `    ${line}`.trimEnd());
