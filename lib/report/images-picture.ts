// SPDX-License-Identifier: Apache-2.0
import { Chalk } from 'chalk';
import type { ChalkInstance } from 'chalk';
import type { BuildEvent } from '../model/event.ts';
import { describeFailure } from './describe-failure.ts';
import { cutToWidth, displayWidth, settledLine } from './fit-width.ts';
import type { ImageBoard, ImageProgress } from './image-board.ts';
import { resultOf } from './images-summary.ts';
import { createLiveArea } from './live-area.ts';
import { activities, spinnerAt } from './live-lines.ts';
import { formatBytes, formatSpan } from './quantities.ts';
import type { Reporter, ReporterOptions } from './reporter.ts';
import { isTracingNoise } from './tracing-noise.ts';
import { redrawMilliseconds, repeatInBackground } from './tty.ts';

/** A picture on a terminal of images that are built at once: one line for each, redrawn in place. */
export type ImagesPicture = {
  /** Tells of one image. */
  readonly reporter: (options: ReporterOptions) => Reporter;
  /** Lines that stay above the picture. */
  readonly say: (lines: readonly string[]) => void;
  readonly close: () => void;
};

export type PictureOptions = Pick<ReporterOptions, 'write' | 'columns' | 'now' | 'color' | 'repeat'>;

/** @param board Is to be told of an event before the picture is. */
export function createImagesPicture(board: ImageBoard, options: PictureOptions): ImagesPicture {
  const { write, columns, now } = options;
  const palette = new Chalk({ level: options.color ? 1 : 0 });
  const area = createLiveArea(write, columns);
  const startedAt = now();
  let isShown = true;
  let drawnAt = 0;

  const draw = (finished: readonly string[]): void => {
    if (!isShown) {
      if (finished.length > 0) write(finished.map((line) => `${line}\n`).join(''));
      return;
    }
    drawnAt = now();
    area.draw(
      finished,
      pictureLines(board.images(), { palette, columns: columns() - 1, now: drawnAt, startedAt }),
    );
  };
  const stopTimer = (options.repeat ?? repeatInBackground)(redrawMilliseconds, () => {
    if (isShown) draw([]);
  });
  const blank = (): void => {
    if (isShown) area.draw([], []);
    isShown = false;
  };

  return {
    reporter: (ofImage) => ({
      event: (event) => {
        const finished = finishedLines(event, ofImage, palette);
        if (event.kind === 'terminal' && event.taken) blank();
        if (event.kind === 'terminal' && !event.taken) isShown = true;
        if (finished.length > 0 || now() - drawnAt >= redrawMilliseconds) draw(finished);
      },
      close: () => undefined,
    }),
    say: (lines) => draw(lines),
    close: () => {
      stopTimer();
      blank();
    },
  };
}

/** What of an event stays on the screen, with the image's name. */
function finishedLines(
  event: BuildEvent,
  { image = '', failure, trace }: ReporterOptions,
  palette: ChalkInstance,
): readonly string[] {
  const named = (sign: string, text: string): readonly string[] =>
    text.split('\n').map((line) => `${sign} ${palette.bold(image)}: ${line}`);
  if (event.kind === 'note') return named(palette.blue('·'), event.text);
  if (event.kind === 'warning') return named(palette.yellow('!'), event.text);
  if (event.kind === 'terminal' && event.taken)
    return named(palette.cyan('▸'), `A shell is opened: ${event.why}`);
  if (event.kind === 'output' && trace > 0 && !isTracingNoise(event.text))
    return [`${image} | ${settledLine(event.text)}`];
  if (event.kind !== 'build-failed' || event.failure.kind === 'interrupted') return [];
  const [first = '', ...rest] = describeFailure(event.failure, failure).trimEnd().split('\n');
  return [palette.red(`✘ ${image}: ${first}`), ...rest];
}

type Canvas = {
  readonly palette: ChalkInstance;
  /** Room in a line. */
  readonly columns: number;
  readonly now: number;
  readonly startedAt: number;
};

/** More would not fit a terminal: then only those under way have a line. */
const MOST_LINES = 16;

function pictureLines(images: readonly ImageProgress[], canvas: Canvas): readonly string[] {
  const isUnderWay = ({ state }: ImageProgress): boolean => state === 'building' || state === 'waiting';
  const shown = (images.length > MOST_LINES ? images.filter(isUnderWay) : images).slice(0, MOST_LINES);
  const nameWidth = Math.min(24, Math.max(0, ...shown.map(({ name }) => displayWidth(name))));
  return [...shown.map((image) => imageLine(image, nameWidth, canvas)), countLine(images, canvas)];
}

function imageLine(image: ImageProgress, nameWidth: number, canvas: Canvas): string {
  const { palette, columns, now } = canvas;
  const name = cutToWidth(image.name, nameWidth);
  const start = `${name}${' '.repeat(nameWidth - displayWidth(name))}  `;
  const end = [stepsOf(image), timeOf(image, now)].filter((part) => part !== '').join('  ');
  const room = columns - 2 - displayWidth(start) - end.length - 1;
  const sign = signOf(image, canvas);
  if (room < 8) return `${sign} ${cutToWidth(image.name, columns - 2)}`;
  const text = cutToWidth(activityOf(image), room);
  const isQuiet = image.state === 'waiting' || image.state === 'to come';
  const shown = isQuiet ? palette.dim(text) : text;
  return `${sign} ${start}${shown}${' '.repeat(room - displayWidth(text))} ${palette.dim(end)}`.trimEnd();
}

function signOf({ state }: ImageProgress, { palette, now }: Canvas): string {
  switch (state) {
    case 'done':
      return palette.green('✔');
    case 'failed':
      return palette.red('✘');
    case 'interrupted':
      return palette.red('-');
    case 'building':
      return palette.cyan(spinnerAt(now));
    case 'waiting':
    case 'to come':
      return palette.dim('·');
  }
}

function activityOf(image: ImageProgress): string {
  const { state, live, history } = image;
  if (state === 'done')
    return history.outputs.map(({ format, bytes }) => `${format} ${formatBytes(bytes)}`).join(', ') || 'done';
  if (state !== 'building' && state !== 'waiting') return resultOf(image);
  if (state === 'waiting') return live.running[0]?.name ?? 'waiting for its turn';
  return live.isBuilding ? (activities(live)[0]?.name ?? '') : 'starting';
}

function stepsOf({ history, state }: ImageProgress): string {
  const { plannedSteps, steps } = history;
  if (plannedSteps === 0 || state === 'done') return '';
  return `${steps.filter(({ step }) => step < plannedSteps).length}/${plannedSteps}`;
}

const timeOf = ({ startedAt, endedAt }: ImageProgress, now: number): string =>
  startedAt === null ? '' : formatSpan((endedAt ?? now) - startedAt).padStart(7);

function countLine(images: readonly ImageProgress[], { columns, now, startedAt }: Canvas): string {
  const count = (...states: readonly ImageProgress['state'][]): number =>
    images.filter(({ state }) => states.includes(state)).length;
  const parts = [
    `${count('done')} of ${images.length} images done`,
    ...[
      [count('failed'), 'failed'] as const,
      [count('building'), 'building'] as const,
      [count('waiting'), 'waiting'] as const,
    ].flatMap(([some, words]) => (some > 0 ? [`${some} ${words}`] : [])),
    `${formatSpan(now - startedAt)} in all`,
  ];
  return cutToWidth(parts.join(' · '), columns);
}
