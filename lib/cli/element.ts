// SPDX-License-Identifier: Apache-2.0
import { addElementNew } from './element-new.ts';
import { addElementShow } from './element-show.ts';
import { addElementTest } from './element-test.ts';
import type { AddSubcommand } from './subcommand.ts';

/** `diskimage-builder element …`: what whoever writes elements wants to know of them. */
export const addElement: AddSubcommand = (program, surroundings, finish) => {
  const element = program.command('element').description('show, make and test elements').helpCommand(false);
  for (const add of [addElementShow, addElementNew, addElementTest]) add(element, surroundings, finish);
};
