// SPDX-License-Identifier: Apache-2.0
import type { BuildEvent } from '../model/event.ts';
import { shellWord } from '../report/describe-failure.ts';
import type { ImageBoard } from '../report/image-board.ts';
import type { ImagesPicture } from '../report/images-picture.ts';
import { createImagesPicture } from '../report/images-picture.ts';
import { imagesSummaryLines } from '../report/images-summary.ts';
import { createReporter } from '../report/index.ts';
import type { ReporterStyle } from '../report/index.ts';
import { formatInstant } from '../report/quantities.ts';
import type { Reporter } from '../report/reporter.ts';
import type { ReadyImage } from './plan-images.ts';
import type { Log } from './run-build.ts';
import { reporterStyle } from './run-build.ts';
import type { Surroundings } from './surroundings.ts';

/** Shows several builds at once, and at the end what has become of them. */
export type ImagesShow = {
  /** The board has been told before. */
  readonly event: (image: string, event: BuildEvent) => void;
  /** Says something that is about no single image. */
  readonly say: (text: string) => void;
  readonly close: (totalMilliseconds: number) => void;
};

export type Shown = {
  readonly images: readonly ReadyImage[];
  readonly board: ImageBoard;
  /** By the names of images; a log may be that of several. */
  readonly logs: ReadonlyMap<string, Log>;
  readonly surroundings: Surroundings;
};

/** The first image's settings say in which style; each image keeps its own log. */
export function openShow(shown: Shown): ImagesShow {
  const { images, board, surroundings } = shown;
  const style = styleOf(shown);
  const picture = style === 'tty' ? createImagesPicture(board, screenOf(surroundings)) : null;
  const reporters = new Map(
    images.map((ready) => [ready.image.name, reporterOf(ready, shown, { style, picture })]),
  );
  const say = (lines: readonly string[]): void => {
    if (picture !== null) picture.say(lines);
    else if (style === 'plain')
      surroundings.write(lines.map((line) => `${stampFor(images)}${line}\n`).join(''));
  };
  return {
    event: (image, event) => reporters.get(image)?.event(event),
    say: (text) => say([text]),
    close: (totalMilliseconds) => {
      for (const reporter of reporters.values()) reporter.close();
      picture?.close();
      const lines = ['', ...imagesSummaryLines(board.images(), totalMilliseconds)];
      if (style === 'tty') surroundings.write(lines.map((line) => `${line}\n`).join(''));
      else say(lines);
    },
  };
}

/** That all are to be silent, or how the picture of all is drawn: a log file of one image does not silence it. */
function styleOf({ images, surroundings }: Shown): ReporterStyle {
  const [first] = images;
  if (first === undefined || images.every(({ commandLine }) => commandLine.values.quiet === true))
    return 'none';
  return reporterStyle({ ...first.commandLine.values, quiet: false }, surroundings);
}

const screenOf = ({
  write,
  columns,
  isTerminal,
  environment,
}: Surroundings): Parameters<typeof createImagesPicture>[1] => ({
  write,
  columns,
  now: () => Date.now(),
  color: isTerminal && !environment['NO_COLOR'] && environment['TERM'] !== 'dumb',
});

function stampFor([first]: readonly ReadyImage[]): string {
  return first?.commandLine.values.noTimestamp === true ? '' : `${formatInstant(Date.now())} | `;
}

function reporterOf(
  ready: ReadyImage,
  { logs, surroundings }: Shown,
  { style, picture }: { readonly style: ReporterStyle; readonly picture: ImagesPicture | null },
): Reporter {
  const { image, commandLine, isolation } = ready;
  const { values, request } = commandLine;
  const log = logs.get(image.name);
  return createReporter({
    ...screenOf(surroundings),
    style: picture === null ? quietStyle(style, ready) : picture.reporter,
    ...(log === undefined || log.path === null ? {} : { logFile: logWriter(log, image.name, logs) }),
    environment: request.environment,
    writeError: surroundings.writeError,
    timestamps: !values.noTimestamp,
    trace: values.trace,
    failure: {
      logFile: log?.path ?? null,
      resumeCommand: ['diskimage-builder', ...surroundings.argv.map(shellWord)].join(' '),
      isolation: isolation.isolation,
    },
    image: image.name,
  });
}

/** Lines of an image that keeps a log are in the log alone, as with disk-image-create. */
function quietStyle(style: ReporterStyle, { commandLine: { values } }: ReadyImage): ReporterStyle {
  const isSilent = values.quiet === true || (values.logFile !== null && values.quiet === null);
  return style === 'plain' && isSilent ? 'none' : style;
}

/** Where several images share a log each line names its own. */
function logWriter(log: Log, name: string, logs: ReadonlyMap<string, Log>): (text: string) => void {
  const isShared = [...logs.values()].filter((other) => other === log).length > 1;
  return isShared ? (text) => log.write(text.replaceAll(/^(?=.)/gm, `${name} | `)) : log.write;
}
