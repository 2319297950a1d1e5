// SPDX-License-Identifier: Apache-2.0
import { aligned, right } from './aligned.ts';
import type { Cell } from './aligned.ts';
import type { ImageProgress } from './image-board.ts';
import { countOf, formatBytes, formatSpan } from './quantities.ts';

/** What has become of each image, with time, file and size, and how much they had in common. */
export function imagesSummaryLines(
  images: readonly ImageProgress[],
  totalMilliseconds: number,
): readonly string[] {
  return [
    'Images:',
    ...aligned(images.flatMap(rowsOf)).map((line) => `  ${line}`),
    '',
    stepsLine(images),
    `Total time: ${formatSpan(totalMilliseconds)}`,
    verdict(images),
  ];
}

function rowsOf(image: ImageProgress): readonly (readonly Cell[])[] {
  const { name, history, startedAt, endedAt } = image;
  const time = startedAt === null || endedAt === null ? '' : formatSpan(endedAt - startedAt);
  const files = history.outputs.map(({ file, bytes }) => [right(formatBytes(bytes)), file]);
  const [first = [], ...rest] = files;
  return [[name, resultOf(image), right(time), ...first], ...rest.map((file) => ['', '', '', ...file])];
}

/** In a word or two, with what failed. */
export function resultOf({ state, failure }: Pick<ImageProgress, 'state' | 'failure'>): string {
  if (state === 'to come') return 'not begun';
  if (state !== 'failed' || failure === null) return state;
  if (failure.kind === 'hook-failed') return `failed in ${failure.phase}/${failure.script}`;
  return failure.kind === 'packages-failed' ? `failed after ${failure.phase}` : 'failed';
}

function stepsLine(images: readonly ImageProgress[]): string {
  const steps = images.flatMap(({ history }) => history.steps);
  const reused = steps.filter(({ milliseconds }) => milliseconds === null).length;
  const shared = sharedSteps(images);
  const ofThese = shared === 0 ? '' : `, ${shared} of them made for another of these images`;
  return `Steps: ${countOf(steps.length, 'hook')}, ${reused} reused${ofThese}`;
}

/** How many steps an image has found that another of the same command had made. */
export function sharedSteps(images: readonly Pick<ImageProgress, 'made' | 'found'>[]): number {
  return images.reduce((sum, image) => {
    const others = new Set(images.filter((other) => other !== image).flatMap(({ made }) => made));
    return sum + image.found.filter((key) => others.has(key)).length;
  }, 0);
}

function verdict(images: readonly ImageProgress[]): string {
  const done = images.filter(({ state }) => state === 'done').length;
  if (done === images.length)
    return images.length === 1 ? 'The image is built' : `All ${done} images are built`;
  const failed = images.filter(({ state }) => state === 'failed').length;
  const missing = images.length - done - failed;
  return [
    `${done} of ${countOf(images.length, 'image')} ${done === 1 ? 'is' : 'are'} built`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(missing > 0 ? [`${missing} not finished`] : []),
  ].join(', ');
}
