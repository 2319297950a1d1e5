// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path';

import { noFinalImage } from '../elements/well-known.ts';
import { isOutputFormat, outputFormats } from '../formats/index.ts';
import type { OutputFormat } from '../formats/output-format.ts';
import { hostPath } from '../model/brands.ts';
import type { Element } from '../model/element.ts';
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
 * What is made of disk and tree, by dib-contract §1.7, and what elements add to it. An element called `no-final-image`
 * makes its own files in its hooks: of what was asked for then only that remains which is made from the tree. So it is
 * with ramdisk-image-create, whose elements say what a RAM disk is.
 */
export function planOutputs(request: BuildRequest, elements: readonly Element[]): Result<PlannedOutputs> {
  const added = elements.flatMap(({ settings }) => settings.outputs);
  const names = [...new Set([...request.outputTypes, ...added])];
  const formats = names.map((name) => formatNamed(name, elements));
  const planned = formats.map((format) => (format.ok ? planOutput(format.value, request) : format));
  const problems = [
    ...planned.flatMap((result) => (result.ok ? [] : result.problems)),
    ...fromHostProblems(request, planned),
  ];
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

/** Without a tree there is nothing that could be packed but the machine that builds. */
function fromHostProblems(
  { program, ramdisk }: BuildRequest,
  planned: readonly Result<NeedyOutput>[],
): readonly Problem[] {
  if (!ramdisk.isHost) return [];
  if (program !== 'ramdisk-image-create')
    return [{ message: '--from-host is for ramdisk-image-create: an image is made from a tree' }];
  const others = planned.flatMap((result) => (result.ok ? [result.value.output] : []));
  return others
    .filter(({ from, recipe }) => from === 'tree' && recipe.kind !== 'initramfs' && recipe.kind !== 'kernel')
    .map(({ format }) => ({
      message: `-t ${format} needs a tree, and --from-host makes none`,
      hints: ['leave one of the two out'],
    }));
}

function formatNamed(name: string, elements: readonly Element[]): Result<OutputFormat> {
  if (isOutputFormat(name)) return success(outputFormats[name]);
  const known = Object.keys(outputFormats);
  const hints = [...didYouMean(name, known), `the types are ${known.join(', ')}`];
  const adding = elements.find(({ settings }) => settings.outputs.includes(name));
  const where = adding === undefined ? '' : `, in element.yaml of ${adding.name}`;
  return failed({ message: `unknown output type ${name}${where}`, hints } satisfies Problem);
}

type NeedyOutput = { readonly output: PlannedOutput; readonly needs: readonly HostNeed[] };

function planOutput(format: OutputFormat, request: BuildRequest): Result<NeedyOutput> {
  const { output, ramdisk, outputTypes, arch, imageName, environment, workingDirectory } = request;
  const options = { output, ramdisk, outputTypes, arch, imageName, environment };
  const name = format.fileName?.(options) ?? `${imageName}.${format.extension}`;
  const recipe = format.recipe(options);
  if (!recipe.ok) return recipe;
  return success({
    needs: format.needs(options),
    output: {
      format: format.name,
      from: format.from,
      file: hostPath(resolve(workingDirectory, name)),
      recipe: recipe.value,
      // The parts of an OCI image are named after their digests, and a directory has none.
      checksums: recipe.value.kind === 'oci' ? [] : output.checksums,
      keepOld: !output.overwriteOldImage,
    },
  });
}

function reasonForNoImage({ program }: BuildRequest, elements: readonly Element[]): string | null {
  if (program === 'ramdisk-image-create') return 'ramdisk-image-create makes no disk';
  const element = elements.find(({ name }) => name.includes(noFinalImage));
  return element === undefined ? null : `element ${element.name} leaves the result to the hooks`;
}
