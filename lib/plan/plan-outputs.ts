// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path';

import { noFinalImage } from '../elements/well-known.ts';
import { isOutputFormat, outputFormats } from '../formats/index.ts';
import type { OutputFormat } from '../formats/output-format.ts';
import type { ElementName } from '../model/brands.ts';
import { hostPath } from '../model/brands.ts';
import { didYouMean } from '../model/nearest-name.ts';
import type { HostNeed, PlannedOutput } from '../model/plan.ts';
import type { Problem, Result } from '../model/problem.ts';
import { failed, success } from '../model/problem.ts';
import type { BuildRequest } from '../model/request.ts';

export type PlannedOutputs = {
  readonly outputs: readonly PlannedOutput[];
  readonly needs: readonly HostNeed[];
  readonly notes: readonly string[];
};

/**
 * What is made of disk and tree, by dib-contract §1.7. An element called `no-final-image`, or a ramdisk, makes its own
 * files in its hooks: of what was asked for then only that remains which is made from the tree.
 */
export function planOutputs(request: BuildRequest, elements: readonly ElementName[]): Result<PlannedOutputs> {
  const formats = request.outputTypes.map(formatNamed);
  const planned = formats.map((format) => (format.ok ? planOutput(format.value, request) : format));
  const problems = planned.flatMap((result) => (result.ok ? [] : result.problems));
  if (problems.length > 0) return failed(...problems);
  const reason = reasonForNoImage(request, elements);
  const kept = planned
    .flatMap((result) => (result.ok ? [result.value] : []))
    .filter(({ output }) => reason === null || output.from === 'tree');
  return success({
    outputs: kept.map(({ output }) => output),
    needs: kept.flatMap(({ needs }) => needs),
    notes: reason === null || kept.length === planned.length ? [] : [`no disk image is made: ${reason}`],
  });
}

function formatNamed(name: string): Result<OutputFormat> {
  if (isOutputFormat(name)) return success(outputFormats[name]);
  const known = Object.keys(outputFormats);
  const hints = [...didYouMean(name, known), `the types are ${known.join(', ')}`];
  return failed({ message: `unknown output type ${name}`, hints } satisfies Problem);
}

type NeedyOutput = { readonly output: PlannedOutput; readonly needs: readonly HostNeed[] };

function planOutput(format: OutputFormat, request: BuildRequest): Result<NeedyOutput> {
  const { output, outputTypes, arch, imageName, environment, workingDirectory } = request;
  const options = { output, outputTypes, arch, imageName, environment };
  const recipe = format.recipe(options);
  if (!recipe.ok) return recipe;
  return success({
    needs: format.needs(options),
    output: {
      format: format.name,
      from: format.from,
      file: hostPath(resolve(workingDirectory, `${imageName}.${format.extension}`)),
      recipe: recipe.value,
      // The parts of an OCI image are named after their digests, and a directory has none.
      checksums: recipe.value.kind === 'oci' ? [] : output.checksums,
      keepOld: !output.overwriteOldImage,
    },
  });
}

function reasonForNoImage({ program }: BuildRequest, elements: readonly ElementName[]): string | null {
  if (program === 'ramdisk-image-create') return 'a ramdisk is written by the hooks of its elements';
  const element = elements.find((name) => name.includes(noFinalImage));
  return element === undefined ? null : `element ${element} leaves the result to the hooks`;
}
