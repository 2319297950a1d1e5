// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { appletLinks, appletsIn } from '../../../lib/ramdisk/applets.ts';
import { memoryTree } from '../../support/memory-tree.ts';

const tree = memoryTree({
  '/bin': { link: 'usr/bin' },
  '/sbin': { link: 'usr/sbin' },
  '/usr/bin/busybox': 'program',
  '/usr/bin/systemctl': 'program',
  '/usr/sbin/reboot': { link: '/bin/systemctl' },
});

const linksFor = (applets: readonly string[], ...taken: readonly string[]) =>
  appletLinks(tree, '/usr/bin/busybox', { applets, taken: new Set(taken) });

test('applets are links where busybox would have them, directories that are links followed', () => {
  expect(linksFor(['bin/ls', 'usr/bin/[', 'linuxrc', 'opt/new/tool'])).toEqual(
    ['/usr/bin/ls', '/usr/bin/[', '/linuxrc', '/opt/new/tool'].map((path) => ({
      kind: 'link',
      path,
      text: '/usr/bin/busybox',
    })),
  );
});

test('what the RAM disk has of its own stays', () => {
  expect(linksFor(['bin/ls', 'bin/ip'], 'ip', 'ls')).toEqual([]);
});

test('a link of the tree to a program that is not in the RAM disk is not followed', () => {
  expect(linksFor(['sbin/reboot'])).toEqual([
    { kind: 'link', path: '/usr/sbin/reboot', text: '/usr/bin/busybox' },
  ]);
});

test('the list is read as busybox prints it, without what is no name', () => {
  expect(appletsIn('usr/bin/[\n/bin/ls\nsbin/mkfs.minix\nBusyBox v1.35\n\n')).toEqual([
    'usr/bin/[',
    'bin/ls',
    'sbin/mkfs.minix',
  ]);
});
