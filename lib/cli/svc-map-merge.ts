// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { realElementFiles } from '../elements/element-files.ts';
import { mergeServiceMaps, serviceMapLines } from '../elements/service-map.ts';
import { elementDirectories } from '../elements/squash-package-installs.ts';
import { describeProblems } from '../report/describe-problems.ts';
import { startingEnvironment } from './environment.ts';
import type { AddSubcommand } from './subcommand.ts';

/** `diskimage-builder svc-map-merge`, which a hook of the element svc-map calls. */
export const addSvcMapMerge: AddSubcommand = (program, surroundings, finish) => {
  const { environment, workingDirectory, writeError } = surroundings;
  program
    .command('svc-map-merge', { hidden: true })
    .description(
      'Puts the svc-map files of the elements of IMAGE_ELEMENT_YAML together: JSON into FILE, lines into FILE.txt.',
    )
    .argument('<file>', 'what to write')
    .action(async (file: string) => {
      const directories = elementDirectories(startingEnvironment(environment, false));
      const merged = await mergeServiceMaps([...directories.values()], realElementFiles);
      if (merged.ok) {
        const path = resolve(workingDirectory, file);
        await writeFile(path, `${JSON.stringify(merged.value, null, 2)}\n`);
        await writeFile(`${path}.txt`, serviceMapLines(merged.value));
      } else writeError(describeProblems(merged.problems));
      finish(merged.ok ? 0 : 1);
    });
};
