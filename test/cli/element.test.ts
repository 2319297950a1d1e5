// SPDX-License-Identifier: Apache-2.0
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { phasesOfTree } from '../../lib/model/phases.ts';
import { requires } from '../support/requires.ts';
import { runCommand } from '../support/run-command.ts';

let place: string;
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'element-test-'));
  mkdirSync(join(place, 'programs'));
  symlinkSync(process.execPath, join(place, 'programs/node'));
  symlinkSync('/usr/bin/env', join(place, 'programs/env'));
});
afterEach(() => rmSync(place, { recursive: true }));

const element = (
  argv: readonly string[],
  surroundings: Parameters<typeof runCommand>[2] = {},
): ReturnType<typeof runCommand> =>
  runCommand('diskimage-builder', ['element', ...argv], {
    ...surroundings,
    environment: { ELEMENTS_PATH: 'test/cli/elements', ARCH: 'amd64', ...surroundings.environment },
  });

const greeter = `Elements
  packed   {root}/test/cli/elements/packed   named
  tiny-os  {root}/test/cli/elements/tiny-os  for greeter
  greeter  {root}/test/cli/elements/greeter  named

Hooks
  root.d  on the host
    10-tree  tiny-os
  install.d  in the tree
    50-greeting  greeter
`;

describe('show', () => {
  test('for people', () => {
    expect(element(['show', '-n', 'greeter', 'packed'])).toEqual({ status: 0, stdout: greeter, stderr: '' });
  });

  test('tells of defaults, variables and packages, too', () => {
    const { status, stdout } = element(['show', 'packed', 'package-installs'], {
      environment: { DIB_DEFAULT_OPERATING_SYSTEM: 'tiny-os', WITH_EDITOR: '1' },
    });
    const sections = stdout.split('\n\n');
    expect({ status, titles: sections.map((section) => section.split('\n')[0]) }).toEqual({
      status: 0,
      titles: [
        'Elements',
        'Variables, set before every hook',
        'Hooks',
        'Packages the elements ask for',
        'Notes',
      ],
    });
    const lines = stdout.split('\n');
    for (const line of [
      '  base              {root}/elements/base              always, unless -n',
      '  package-installs  {root}/elements/package-installs  named',
      '  pkg-map           {root}/elements/pkg-map           for base, package-installs',
      '  tiny-os           {root}/test/cli/elements/tiny-os  by default',
      '  10-base-defaults.bash    base',
      '    packed  install  less vim',
      '  tiny-os was added: no element named provides operating-system (DIB_DEFAULT_OPERATING_SYSTEM chooses another)',
    ])
      expect(lines).toContain(line);
  });

  test('tells what the older lists of packages come to', () => {
    const files = {
      'element-deps': 'package-installs\n',
      'pkg-map': '{"default": {"server": "nginx nginx-doc", "none": ""}}',
      'install.d/package-installs-older': '# all\nserver curl\n-make # to build\nnone\n',
    };
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(place, 'elements/older/install.d'), { recursive: true });
      writeFileSync(join(place, 'elements/older', path), text);
    }
    const { stdout } = element(['show', '-n', 'tiny-os', 'older'], {
      environment: { ELEMENTS_PATH: `${place}/elements:test/cli/elements`, DISTRO_NAME: 'debian' },
    });
    const section = stdout.split('\n\n').find((each) => each.startsWith('Packages'));
    expect(section?.split('\n').slice(1, 4)).toEqual([
      '  install.d',
      '    older  install  nginx nginx-doc curl make',
      '    older  remove   make',
    ]);
  });

  test('for programs', () => {
    const { status, stdout } = element(['show', '-n', '--format', 'json', 'greeter']);
    const step = { kind: 'hook', cached: true };
    expect({ status, said: JSON.parse(stdout) as unknown }).toEqual({
      status: 0,
      said: {
        elements: [
          {
            name: 'tiny-os',
            directory: '{root}/test/cli/elements/tiny-os',
            dependsOn: [],
            provides: ['operating-system'],
            because: 'dependency',
            askedForBy: ['greeter'],
          },
          {
            name: 'greeter',
            directory: '{root}/test/cli/elements/greeter',
            dependsOn: ['tiny-os'],
            provides: [],
            because: 'named',
            askedForBy: [],
          },
        ],
        environment: [],
        schedule: [
          { ...step, phase: 'root.d', element: 'tiny-os', script: '10-tree', runsIn: 'host' },
          { ...step, phase: 'install.d', element: 'greeter', script: '50-greeting', runsIn: 'target' },
        ],
        packages: [],
        notes: [],
      },
    });
  });

  const dot = `digraph elements {
  rankdir=LR;
  fontname="sans-serif";
  node [fontname="sans-serif", fontsize=11];
  edge [color="#666666"];
  subgraph "cluster Elements" {
    label="Elements";
    style=rounded;
    "element tiny-os" [shape=box, label="tiny-os\\n(operating-system)"];
    "element greeter" [shape=box, label="greeter", style=filled, fillcolor="#cfe3f7"];
  }
  "element greeter" -> "element tiny-os";
  subgraph "cluster Phases" {
    label="Phases";
    style=rounded;
    "phase root.d" [shape=record, label="root.d, on the host|10-tree (tiny-os)\\l"];
    "phase install.d" [shape=record, label="install.d, in the tree|50-greeting (greeter)\\l"];
  }
  "phase root.d" -> "phase install.d" [style=bold];
}
`;

  test('as a picture in Graphviz’ language', () => {
    expect(element(['show', '-n', '--format', 'dot', 'greeter'])).toEqual({
      status: 0,
      stdout: dot,
      stderr: '',
    });
  });

  test('as a picture, without Graphviz', () => {
    const environment = { PATH: join(place, 'programs') };
    expect(element(['show', '-n', '--format', 'svg', 'greeter'], { environment })).toEqual({
      status: 2,
      stdout: '',
      stderr:
        '--format svg needs the program dot, which is not installed\n' +
        '  install the package graphviz, or take --format dot and draw it elsewhere\n',
    });
  });

  test('what is wrong with a set, all at once', () => {
    expect(element(['show', 'greter', 'tiny-os', 'other-os'])).toEqual({
      status: 2,
      stdout: '',
      stderr:
        'element `greter` was not found\n  did you mean greeter?\n' +
        '  looked in {root}/test/cli/elements, {root}/elements\n' +
        '`other-os` provides operating-system, but so does `tiny-os`\n  leave one of the two out\n',
    });
  });
});

describe('show, with Graphviz', () => {
  requires({ programs: ['dot'] });

  test('draws every element and every phase', () => {
    const { status, stdout, stderr } = element(['show', '-n', '--format', 'svg', 'vm', 'debian-minimal']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const drawn = [...stdout.replaceAll('&#45;', '-').matchAll(/<title>(element|phase) (\S+)<\/title>/g)].map(
      ([, , name]) => name,
    );
    const { elements, schedule } = JSON.parse(
      element(['show', '-n', '--format', 'json', 'vm', 'debian-minimal']).stdout,
    ) as { elements: { name: string }[]; schedule: { phase: string }[] };
    const names = [...elements.map(({ name }) => name), ...schedule.map(({ phase }) => phase)];
    expect(drawn.sort()).toEqual([...new Set(names)].sort());
    expect(stdout).toContain('</svg>');
  });
});

const treePhases = phasesOfTree.map(({ name }) => name);

/** Everything below a directory, with a `*` behind what can be run. */
function listing(directory: string): readonly string[] {
  const paths = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  return paths
    .map((path) => ({ path, status: statSync(join(directory, path)) }))
    .filter(({ status }) => status.isFile())
    .map(({ path, status }) => `${path}${(status.mode & 0o111) === 0 ? '' : '*'}`)
    .sort();
}

describe('new', () => {
  test('makes an element with a hook in install.d, and says what is next', () => {
    expect(element(['new', 'hello', '--directory', 'my'], { cwd: place })).toEqual({
      status: 0,
      stdout: `Made
  my/hello/README.md
  my/hello/element-deps
  my/hello/install.d/50-hello
  my/hello/test-elements/hello-test/README.md
  my/hello/test-elements/hello-test/element-deps
  my/hello/test-elements/hello-test/cleanup.d/95-check-hello

Next
  write what it does into its hooks, and what must be true then into my/hello/test-elements
  ELEMENTS_PATH=my diskimage-builder element show -n hello
  ELEMENTS_PATH=my diskimage-builder element test hello
  dib-lint my/hello
`,
      stderr: '',
    });
    expect(listing(join(place, 'my/hello'))).toEqual([
      'README.md',
      'element-deps',
      'install.d/50-hello*',
      'test-elements/hello-test/README.md',
      'test-elements/hello-test/cleanup.d/95-check-hello*',
      'test-elements/hello-test/element-deps',
    ]);
    expect(readFileSync(join(place, 'my/hello/install.d/50-hello'), 'utf8')).toBe(
      '#!/bin/bash\nset -eu -o pipefail\n' +
        'if [ "${DIB_DEBUG_TRACE:-0}" -gt 0 ]; then set -x; fi\n\necho "install.d" >>/etc/hello\n',
    );
  });

  test('makes a hook for every phase that is asked for; dib-lint has nothing to say of any', () => {
    const words = treePhases.flatMap((phase) => ['--phase', phase.replace(/\.d$/, '')]);
    expect(element(['new', ...words, 'hello'], { cwd: place }).status).toBe(0);
    expect(listing(join(place, 'hello')).filter((path) => path.endsWith('/50-hello*'))).toEqual(
      treePhases.map((phase) => `${phase}/50-hello*`).sort(),
    );
    const { status, stdout } = runCommand('dib-lint', ['hello'], { cwd: place });
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  });

  test('needs no ELEMENTS_PATH for a directory that is on it, and says what is hidden', () => {
    const environment = { ELEMENTS_PATH: join(place, 'my') };
    const known = element(['new', 'hello', '--directory', 'my'], { cwd: place, environment }).stdout;
    expect(known.split('\n')).toContain('  diskimage-builder element test hello');
    const hiding = element(['new', 'vm'], { cwd: place }).stdout;
    expect(hiding).toContain(
      '\nIt hides the built-in element vm wherever its directory is on ELEMENTS_PATH.\n',
    );
    expect(hiding).toContain('\n  ELEMENTS_PATH=. diskimage-builder element test vm\n');
  });

  test('refuses names, phases and places that will not do, all at once', () => {
    mkdirSync(join(place, '-x y'));
    expect(element(['new', '--phase', 'instal.d', '--', '-x y'], { cwd: place })).toEqual({
      status: 2,
      stdout: '',
      stderr:
        '"-x y" is no name for an element\n  take letters, digits, - and _, beginning with a letter or digit\n' +
        'there is no phase instal.d to write a hook for\n  did you mean install.d?\n' +
        `  the phases are ${treePhases.join(', ')}\n` +
        `${join(place, '-x y')} exists already\n  take another name, or another --directory\n`,
    });
  });
});

describe('test', () => {
  test('an element that is not there, and one without tests', () => {
    expect(element(['test', 'greter', 'packed'])).toEqual({
      status: 2,
      stdout: '',
      stderr:
        'element `greter` was not found\n  did you mean greeter?\n' +
        '  looked in {root}/test/cli/elements, {root}/elements\n' +
        'element `packed` has no tests\n' +
        '  make an element in {root}/test/cli/elements/packed/test-elements whose hooks fail when something is wrong\n',
    });
  });
});
