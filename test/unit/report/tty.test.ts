// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import type { BuildEvent } from '../../../lib/model/event.ts';
import { ttyReporter } from '../../../lib/report/tty.ts';
import {
  at,
  failedStory,
  finishedStory,
  recorded,
  runningStory,
  screenAfter,
  storyStart,
} from './build-story.ts';
import type { Recorded } from './build-story.ts';

function play(world: Recorded, events: readonly BuildEvent[]): ReturnType<typeof ttyReporter> {
  const reporter = ttyReporter(world.options);
  for (const event of events) {
    world.setTime(event.at);
    reporter.event(event);
  }
  return reporter;
}

const screen = (world: Recorded): string => screenAfter(world.written()).join('\n');

describe('the picture', () => {
  test('a running build: finished phases, the running hook, its last line, the progress', () => {
    const world = recorded();
    play(world, runningStory);
    world.setTime(storyStart + 5100);
    world.tick();
    expect(screen(world)).toMatchInlineSnapshot(`
      "Building out: 3 steps, isolation root
      · nothing provides operating-system: debian was added
      ✔ root.d                    0.0 s  1 hook, all reused
      ! the mirror is slow
      ⠦ install.d/60-cloud-init (cloud-init)                4.0 s
        │ Setting up cloud-init ...
      2 of 3 steps · 1 reused · install.d · 5.1 s in all
      "
    `);
  });

  test('a finished build leaves no live line behind', () => {
    const world = recorded();
    play(world, finishedStory);
    expect(screen(world)).toMatchInlineSnapshot(`
      "Building out: 3 steps, isolation root
      · nothing provides operating-system: debian was added
      ✔ root.d                    0.0 s  1 hook, all reused
      ! the mirror is slow
      ✔ install.d                1m 03s  2 hooks
      ✔ /images/out.qcow2 312.5 MiB in 2.0 s
      ✔ outputs                   2.0 s

      Files:
        /images/out.qcow2  qcow2  312.5 MiB  100.0 MiB on disk
          md5     0cc175b9c0f1b6a831c399e269772661
          sha256  ca978112ca1bbdca

      Time per phase:
        root.d      0.0 s  1 hook, all reused
        install.d  1m 03s  2 hooks
        outputs     2.0 s

      Where most of the time went:
        1m 02s  95 %  install.d/60-cloud-init (cloud-init)
         2.0 s   3 %  making qcow2

      Layers:
        1 of 3 hooks reused; the first to run: install.d/50-openssh (openssh-server)

      Total time: 1m 05s
      Build completed successfully
      "
    `);
  });

  test('a failed hook opens what it printed', () => {
    const world = recorded();
    play(world, failedStory);
    expect(screen(world)).toMatchInlineSnapshot(`
      "Building out: 3 steps, isolation root
      · nothing provides operating-system: debian was added
      ✔ root.d                    0.0 s  1 hook, all reused
      ! the mirror is slow
      ✘ Hook install.d/60-cloud-init of element cloud-init failed: exit status 3.

      The last 2 lines it printed:
          Setting up cloud-init ...
          no such file: x

      No log file was kept; --logfile FILE, or the variable LOGFILE, keeps one.

      To go on from this hook (finished layers are reused), run the same command again:
          disk-image-create -o out vm
      "
    `);
  });

  test('with tracing, nothing that a hook prints is folded', () => {
    const world = recorded({ trace: 1 });
    play(world, [
      ...runningStory.slice(5, 8),
      ...at([[300, { kind: 'output', text: '\u001b[1m+ sshd -T' }]]),
    ]);
    expect(screen(world)).toBe('▸ install.d/50-openssh (openssh-server)\n+ sshd -T\n');
  });
});

describe('the terminal', () => {
  test('no line of the live area is wider than the terminal', () => {
    const world = recorded({ columns: () => 20 });
    const reporter = play(world, runningStory.slice(0, 1));
    const before = world.written().length;
    for (const event of at([[90, { kind: 'output', text: '日本語 '.repeat(30) }]])) {
      world.setTime(event.at);
      reporter.event(event);
    }
    expect(screenAfter(world.written().slice(before)).filter((line) => line !== '')).toEqual([
      '  │ 日本語 日本語 …',
      '0 of 3 steps · 0.1…',
    ]);
  });

  test('rows that the terminal wrapped when it became narrower are drawn over', () => {
    let columns = 60;
    const world = recorded({ columns: () => columns });
    play(world, runningStory);
    const before = world.written().length;
    columns = 30;
    world.setTime(storyStart + 1300);
    world.tick();
    expect(world.written().slice(before).split('\r')[0]).toBe('\u001b[5A');
  });

  test('nothing is drawn while a shell has the terminal, and the picture returns after it', () => {
    const world = recorded();
    const reporter = play(world, runningStory);
    for (const event of at([[1300, { kind: 'terminal', taken: true, why: 'break=before-install.d' }]]))
      reporter.event(event);
    expect(screenAfter(world.written()).slice(-3)).toEqual([
      '! the mirror is slow',
      '▸ A shell is opened: break=before-install.d',
      '',
    ]);
    const before = world.written();
    world.setTime(storyStart + 9000);
    world.tick();
    for (const event of at([[9000, { kind: 'output', text: 'unseen' }]])) reporter.event(event);
    expect(world.written()).toBe(before);
    for (const event of at([[9100, { kind: 'terminal', taken: false, why: '' }]])) reporter.event(event);
    expect(screenAfter(world.written()).at(-2)).toBe('2 of 3 steps · 1 reused · install.d · 9.0 s in all');
  });

  test('closing takes the live area away and stops the timer', () => {
    const world = recorded();
    const reporter = play(world, runningStory);
    reporter.close();
    const closed = world.written();
    world.tick();
    expect(world.written()).toBe(closed);
    expect(screenAfter(closed).slice(-2)).toEqual(['! the mirror is slow', '']);
  });

  test('a hook that prints a lot is not drawn more often than it can be seen', () => {
    const world = recorded();
    const reporter = play(world, runningStory);
    const before = world.written();
    for (const event of at([[1250, { kind: 'output', text: 'fast' }]])) reporter.event(event);
    expect(world.written()).toBe(before);
  });
});
