// SPDX-License-Identifier: Apache-2.0
import type { CommandResult, Host } from '../host/host.ts';
import { BuildFailure } from '../model/failure.ts';

export type NeededRun = {
  readonly argv: readonly [string, ...string[]];
  /** For the words of a failure, as in `reading image.qcow2`. */
  readonly doing: string;
  /** What the program is for, should it not be installed. */
  readonly reason: string;
};

/** @throws BuildFailure when the program is not there or fails. */
export async function runNeeded(host: Host, { argv, doing, reason }: NeededRun): Promise<CommandResult> {
  const result = await host.run({ argv });
  if (result.exitStatus === 0) return result;
  const { exitStatus, signal, lastLines } = result;
  const isAbsent = exitStatus === null && signal === null && lastLines.some((line) => /ENOENT/.test(line));
  throw new BuildFailure(
    isAbsent
      ? { kind: 'missing-programs', needs: [{ program: argv[0], reason }] }
      : { kind: 'command-failed', doing, argv, exitStatus, signal, lastLines },
  );
}
