// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { findMirror } from '../../bench/find-mirror.ts';

const list = (text: string) => ({ name: '/etc/apt/sources.list', text });
const stanzas = (text: string) => ({ name: '/etc/apt/sources.list.d/debian.sources', text });

test('a line of sources.list', () => {
  const text = [
    '# deb http://commented.example.org/debian bookworm main',
    'deb-src http://source.example.org/debian bookworm main',
    'deb http://security.example.org/debian bookworm-security main',
    'deb http://contrib.example.org/debian bookworm contrib',
    'deb [arch=amd64 signed-by=/k.gpg] http://mirror.example.org/debian bookworm non-free main',
  ].join('\n');
  expect(findMirror([list(text)], 'bookworm')).toBe('http://mirror.example.org/debian');
  expect(findMirror([list(text)], 'trixie')).toBeNull();
});

test('a stanza of a .sources file, with comments, more lines of a field, and stanzas that do not count', () => {
  const text = `
Types: deb
URIs: http://off.example.org/debian
Suites: bookworm
Components: main
Enabled: no

# The archive
Types: deb-src deb
URIs: http://mirror.example.org/debian
  http://second.example.org/debian
Suites: bookworm-updates
 bookworm
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
`;
  expect(findMirror([list(''), stanzas(text)], 'bookworm')).toBe('http://mirror.example.org/debian');
  expect(findMirror([stanzas(text)], 'bookworm-updates')).toBe('http://mirror.example.org/debian');
  expect(findMirror([], 'bookworm')).toBeNull();
});
