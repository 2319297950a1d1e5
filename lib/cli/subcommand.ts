// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import type { Surroundings } from './surroundings.ts';

/** Adds a subcommand of `diskimage-builder` whose action hands over its exit status. */
export type AddSubcommand = (
  program: Command,
  surroundings: Surroundings,
  finish: (exitStatus: number) => void,
) => void;
