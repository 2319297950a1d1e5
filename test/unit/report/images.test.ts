// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import type { BuildEvent, BuildEventBody } from '../../../lib/model/event.ts';
import { createImageBoard } from '../../../lib/report/image-board.ts';
import { createImagesPicture } from '../../../lib/report/images-picture.ts';
import { imagesSummaryLines } from '../../../lib/report/images-summary.ts';
import { createReporter } from '../../../lib/report/index.ts';
import { failedStory, recorded, runningStory, screenAfter, storyStart } from './build-story.ts';

const tree = { step: 0, phase: 'root.d', title: 'root.d/10-tree', element: 'tiny-os', key: 'k1' };
const own = { step: 1, phase: 'install.d', title: 'install.d/50-own', element: 'own', key: 'k2' };

type Told = readonly [after: number, image: string, body: BuildEventBody];

const made = (file: string, bytes: number): BuildEventBody => ({
  kind: 'output-made',
  format: file.endsWith('tar') ? 'tar' : 'qcow2',
  file,
  bytes,
  allocatedBytes: bytes,
  checksums: {},
  milliseconds: 100,
  isReused: false,
});

const failure: BuildEventBody = {
  kind: 'build-failed',
  failure: {
    kind: 'hook-failed',
    element: 'own',
    phase: 'install.d',
    script: '50-own',
    exitStatus: 3,
    lastLines: ['no such file'],
  },
};

const started = (name: string): BuildEventBody => ({
  kind: 'build-started',
  name,
  isolation: 'root',
  steps: 2,
});

/** web makes the first step, db and tools wait for it and find it. */
const middle: readonly Told[] = [
  [0, 'web', started('web')],
  [0, 'web', { kind: 'phase-started', phase: 'root.d' }],
  [10, 'web', { kind: 'step-started', ...tree }],
  [20, 'db', started('db')],
  [20, 'db', { kind: 'step-waiting', ...tree }],
  [30, 'tools', started('tools')],
  [30, 'tools', { kind: 'step-waiting', ...tree }],
  [2000, 'web', { kind: 'step-finished', ...tree, milliseconds: 1990 }],
  [2000, 'web', { kind: 'step-started', ...own }],
  [2010, 'db', { kind: 'step-reused', ...tree }],
  [2010, 'db', { kind: 'step-started', ...own, key: 'k3' }],
  [2500, 'db', { kind: 'warning', text: 'the disk is slow' }],
  [3000, 'db', failure],
];

const end: readonly Told[] = [
  [4000, 'tools', { kind: 'step-reused', ...tree }],
  [4000, 'tools', { kind: 'build-failed', failure: { kind: 'interrupted' } }],
  [65_000, 'web', { kind: 'step-finished', ...own, milliseconds: 63_000 }],
  [66_000, 'web', made('/out/web.qcow2', 327_680_000)],
  [66_100, 'web', made('/out/web.tar', 104_857_600)],
  [66_200, 'web', { kind: 'build-finished', milliseconds: 66_200 }],
];

const names = ['web', 'db', 'tools', 'later'];

function play(story: readonly Told[], columns = 70) {
  const world = recorded({ columns: () => columns });
  const board = createImageBoard(names);
  const picture = createImagesPicture(board, world.options);
  for (const [after, image, body] of story) {
    const event: BuildEvent = { at: storyStart + after, ...body };
    world.setTime(event.at);
    board.follow(image, event);
    picture.reporter({ ...world.options, image }).event(event);
  }
  return { world, board, picture };
}

const screenOf = (written: string): string => screenAfter(written).join('\n');

describe('the picture of several images', () => {
  test('one line for each: what it does, steps, time', () => {
    const { world } = play(middle.slice(0, 7));
    world.setTime(storyStart + 1500);
    world.tick();
    expect(screenOf(world.written())).toMatchInlineSnapshot(`
      "⠙ web    root.d/10-tree (tiny-os)                        0/2    1.5 s
      · db     waiting for another build: root.d/10-tree (tin… 0/2    1.5 s
      · tools  waiting for another build: root.d/10-tree (tin… 0/2    1.5 s
      · later  not begun
      0 of 4 images done · 1 building · 2 waiting · 1.5 s in all
      "
    `);
  });

  test('what is about to begin, and what waits until others have done their work', () => {
    const begun: Told = [40, 'later', { kind: 'note', text: 'debian was added' }];
    const { world, board } = play([...middle.slice(0, 10), begun]);
    board.hold('db');
    world.setTime(storyStart + 2100);
    world.tick();
    expect(screenOf(world.written())).toMatchInlineSnapshot(`
      "· later: debian was added
      ⠇ web    install.d/50-own (own)                          1/2    2.1 s
      · db     waiting for its turn                            1/2    2.1 s
      · tools  waiting for another build: root.d/10-tree (tin… 0/2    2.1 s
      ⠇ later  starting                                               2.1 s
      0 of 4 images done · 2 building · 2 waiting · 2.1 s in all
      "
    `);
  });

  test('a failure is told above it at once', () => {
    const { world } = play(middle);
    world.setTime(storyStart + 3500);
    world.tick();
    expect(screenOf(world.written())).toMatchInlineSnapshot(`
      "! db: the disk is slow
      ✘ db: Hook install.d/50-own of element own failed: exit status 3.

      The last line it printed:
          no such file

      No log file was kept; --logfile FILE, or the variable LOGFILE, keeps one.

      To go on from this hook (finished layers are reused), run the same command again:
          disk-image-create -o out vm
      ⠦ web    install.d/50-own (own)                          1/2    3.5 s
      ✘ db     failed in install.d/50-own                      1/2    3.0 s
      · tools  waiting for another build: root.d/10-tree (tin… 0/2    3.5 s
      · later  not begun
      0 of 4 images done · 1 failed · 1 building · 1 waiting · 3.5 s in all
      "
    `);
  });

  test('done and interrupted ones stay in it', () => {
    const { world } = play([...middle, ...end]);
    world.tick();
    expect(screenOf(world.written()).split('\n').slice(-6)).toMatchInlineSnapshot(`
      [
        "✔ web    qcow2 312.5 MiB, tar 100.0 MiB                        1m 06s",
        "✘ db     failed in install.d/50-own                      1/2    3.0 s",
        "- tools  interrupted                                     1/2    4.0 s",
        "· later  not begun",
        "1 of 4 images done · 1 failed · 1m 06s in all",
        "",
      ]
    `);
  });

  test('no line is wider than the terminal', () => {
    const { world } = play([...middle, ...end], 30);
    world.tick();
    const widest = Math.max(
      ...screenAfter(world.written())
        .slice(-6)
        .map((line) => line.length),
    );
    expect(widest).toBeLessThan(30);
  });

  test('is gone while a shell has the terminal, and when it is closed', () => {
    const { world, picture } = play(middle.slice(0, 7));
    const reporter = picture.reporter({ ...world.options, image: 'web' });
    reporter.event({ at: storyStart, kind: 'terminal', taken: true, why: 'break=after-error' });
    world.tick();
    expect(screenOf(world.written())).toBe('▸ web: A shell is opened: break=after-error\n');
    reporter.event({ at: storyStart, kind: 'terminal', taken: false, why: '' });
    world.setTime(storyStart + 5000);
    world.tick();
    expect(screenAfter(world.written())).toHaveLength(7);
    picture.close();
    expect(screenOf(world.written())).toBe('▸ web: A shell is opened: break=after-error\n');
  });

  test('of very many shows those under way', () => {
    const world = recorded();
    const board = createImageBoard(Array.from({ length: 40 }, (_, index) => `image-${index}`));
    board.follow('image-7', { at: storyStart, ...started('image-7') });
    const picture = createImagesPicture(board, world.options);
    picture.say(['hello']);
    expect(screenOf(world.written())).toMatchInlineSnapshot(`
      "hello
      ⠹ image-7                                      0/2    0.0 s
      0 of 40 images done · 1 building · 0.0 s in all
      "
    `);
  });
});

describe('the summary of several images', () => {
  test('result, time, size and file of each, and what they shared', () => {
    const { board } = play([...middle, ...end]);
    expect(imagesSummaryLines(board.images(), 70_000).join('\n')).toMatchInlineSnapshot(`
      "Images:
        web    done                        1m 06s  312.5 MiB  /out/web.qcow2
                                                   100.0 MiB  /out/web.tar
        db     failed in install.d/50-own   3.0 s
        tools  interrupted                  4.0 s
        later  not begun

      Steps: 4 hooks, 2 reused, 2 of them made for another of these images
      Total time: 1m 10s
      1 of 4 images is built, 1 failed, 2 not finished"
    `);
  });

  test('all done', () => {
    const board = createImageBoard(['a', 'b']);
    for (const name of ['a', 'b'])
      board.follow(name, { at: storyStart, kind: 'build-finished', milliseconds: 5 });
    expect(imagesSummaryLines(board.images(), 1000).at(-1)).toBe('All 2 images are built');
  });
});

describe('the other styles name the image', () => {
  const told = (style: 'plain' | 'json' | 'none', story: readonly BuildEvent[]) => {
    const world = recorded({ image: 'web' });
    let log = '';
    const reporter = createReporter({
      ...world.options,
      style,
      environment: {},
      logFile: (text) => (log += text),
    });
    for (const event of story) reporter.event(event);
    return { written: world.written(), errors: world.errors(), log };
  };

  test('plain: after the time; its own log needs no name', () => {
    const { written, log } = told('plain', runningStory.slice(0, 2));
    expect(written).toBe(
      '2026-01-02 03:04:05.000 | web | Building out: 3 steps, isolation root\n' +
        '2026-01-02 03:04:05.001 | web | nothing provides operating-system: debian was added\n',
    );
    expect(log).toBe(written.replaceAll('web | ', ''));
  });

  test('plain: an image that is done is one line, since the summary comes at the end', () => {
    const finished: BuildEvent = { at: storyStart, kind: 'build-finished', milliseconds: 65_000 };
    const { written, log } = told('plain', [finished]);
    expect(written).toBe('2026-01-02 03:04:05.000 | web | Build completed successfully in 1m 05s\n');
    expect(log).toMatch(/Total time: 1m 05s\n.*Build completed successfully\n$/);
  });

  test('plain and none: interrupted in one line', () => {
    const story: readonly BuildEvent[] = [
      { at: storyStart, kind: 'build-failed', failure: { kind: 'interrupted' } },
    ];
    expect(told('plain', story).written).toBe('2026-01-02 03:04:05.000 | web | The build was interrupted.\n');
    expect(told('none', story).errors).toBe('web: The build was interrupted.\n');
  });

  test('json: in every event', () => {
    const { written, errors } = told('json', failedStory);
    const events = written
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(events).toEqual(failedStory.map((event) => ({ image: 'web', ...event })));
    expect(errors).toMatch(/^web: Hook install\.d\/60-cloud-init of element cloud-init failed/);
  });

  test('none: before the failure', () => {
    const { written, errors } = told('none', failedStory);
    expect(written).toBe('');
    expect(errors).toMatch(/^web: Hook install\.d\/60-cloud-init of element cloud-init failed/);
  });
});
