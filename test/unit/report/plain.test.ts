// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { plainReporter } from '../../../lib/report/plain.ts';
import { at, failedStory, finishedStory, recorded } from './build-story.ts';

test('a whole build, each line with its time', () => {
  const world = recorded();
  const reporter = plainReporter(world.options);
  for (const event of finishedStory) reporter.event(event);
  expect(world.written()).toMatchInlineSnapshot(`
    "2026-01-02 03:04:05.000 | Building out: 3 steps, isolation root
    2026-01-02 03:04:05.001 | nothing provides operating-system: debian was added
    2026-01-02 03:04:05.002 | Phase root.d started
    2026-01-02 03:04:05.003 | [1/3] root.d/08-debootstrap (debootstrap): reused
    2026-01-02 03:04:05.004 | Phase root.d finished in 0.0 s
    2026-01-02 03:04:05.100 | Phase install.d started
    2026-01-02 03:04:05.100 | [2/3] install.d/50-openssh (openssh-server): started
    2026-01-02 03:04:05.900 | WARNING: the mirror is slow
    2026-01-02 03:04:06.100 | [2/3] install.d/50-openssh (openssh-server): finished in 1.0 s
    2026-01-02 03:04:06.100 | [3/3] install.d/60-cloud-init (cloud-init): started
    2026-01-02 03:04:06.200 | Setting up cloud-init ...
    2026-01-02 03:05:08.100 | [3/3] install.d/60-cloud-init (cloud-init): finished in 1m 02s
    2026-01-02 03:05:08.100 | Phase install.d finished in 1m 03s
    2026-01-02 03:05:08.100 | Phase outputs started
    2026-01-02 03:05:10.100 | Image file /images/out.qcow2 created... (312.5 MiB in 2.0 s)
    2026-01-02 03:05:10.100 | Phase outputs finished in 2.0 s
    2026-01-02 03:05:10.200 | 
    2026-01-02 03:05:10.200 | Files:
    2026-01-02 03:05:10.200 |   /images/out.qcow2  qcow2  312.5 MiB  100.0 MiB on disk
    2026-01-02 03:05:10.200 |     md5     0cc175b9c0f1b6a831c399e269772661
    2026-01-02 03:05:10.200 |     sha256  ca978112ca1bbdca
    2026-01-02 03:05:10.200 | 
    2026-01-02 03:05:10.200 | Time per phase:
    2026-01-02 03:05:10.200 |   root.d      0.0 s  1 hook, all reused
    2026-01-02 03:05:10.200 |   install.d  1m 03s  2 hooks
    2026-01-02 03:05:10.200 |   outputs     2.0 s
    2026-01-02 03:05:10.200 | 
    2026-01-02 03:05:10.200 | Where most of the time went:
    2026-01-02 03:05:10.200 |   1m 02s  95 %  install.d/60-cloud-init (cloud-init)
    2026-01-02 03:05:10.200 |    2.0 s   3 %  making qcow2
    2026-01-02 03:05:10.200 | 
    2026-01-02 03:05:10.200 | Layers:
    2026-01-02 03:05:10.200 |   1 of 3 hooks reused; the first to run: install.d/50-openssh (openssh-server)
    2026-01-02 03:05:10.200 | 
    2026-01-02 03:05:10.200 | Total time: 1m 05s
    2026-01-02 03:05:10.200 | Build completed successfully
    "
  `);
});

test('DIB_NO_TIMESTAMP leaves the lines bare, and a failure is told at the end', () => {
  const world = recorded({ timestamps: false });
  const reporter = plainReporter(world.options);
  for (const event of failedStory.slice(-3)) reporter.event(event);
  expect(world.written()).toMatchInlineSnapshot(`
    "install.d/60-cloud-init (cloud-init): started
    Setting up cloud-init ...
    Hook install.d/60-cloud-init of element cloud-init failed: exit status 3.

    The last 2 lines it printed:
        Setting up cloud-init ...
        no such file: x

    No log file was kept; --logfile FILE, or the variable LOGFILE, keeps one.

    To go on from this hook (finished layers are reused), run the same command again:
        disk-image-create -o out vm
    "
  `);
});

test('every line of a text has its own stamp', () => {
  const world = recorded();
  const reporter = plainReporter(world.options);
  for (const event of at([[7, { kind: 'note', text: 'one\ntwo' }]])) reporter.event(event);
  expect(world.written()).toBe('2026-01-02 03:04:05.007 | one\n2026-01-02 03:04:05.007 | two\n');
});
