// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import type { DefinedImage, DefinitionFile } from '../../../lib/definitions/image-list.ts';
import { readImageList } from '../../../lib/definitions/image-list.ts';
import { describeProblems } from '../../../lib/report/describe-problems.ts';

const vocabulary = { outputTypes: ['qcow2', 'raw', 'tar'] };

const file = (text: string, path = 'images.yaml'): DefinitionFile => ({ path, text });

function imagesIn(...files: readonly DefinitionFile[]): readonly DefinedImage[] {
  const read = readImageList(files, vocabulary);
  if (!read.ok) throw new Error(describeProblems(read.problems));
  return read.value;
}

const wordsFor = (property: string): readonly string[] | undefined =>
  imagesIn(file(`- imagename: web\n  ${property}\n`))[0]?.words;

const wrongIn = (...files: readonly DefinitionFile[]): string => {
  const read = readImageList(files, vocabulary);
  return read.ok ? 'nothing is wrong' : describeProblems(read.problems);
};

/** What is said of one property, without the excerpt. */
const wrongWith = (property: string): readonly string[] =>
  wrongIn(file(`- imagename: web\n  ${property}\n`))
    .split('\n')
    .filter((line) => line !== '' && !line.includes(' | '));

test('an image with every property is the command that says the same', () => {
  const [image] = imagesIn(
    file(`- elements: [vm, debian-minimal]
  skip-base: true
  packages: [nginx, htop]
  docker-target: web:1
  install-type: package
  ramdisk-element: dracut-ramdisk
  root-label: root
  qemu-img-options: {compat: '1.1', cluster_size: 2M}
  offline: true
  no-tmpfs: true
  mkfs-options: -i 8192
  mkfs-journal-size: 32
  min-tmpfs: 4
  max-online-resize: 1000000
  image-cache: /var/cache/images
  image-extra-size: 100
  image-size: 5
  checksum: true
  logfile: web.log
  clear: true
  uncompressed: true
  debug-trace: 2
  ramdisk: false
  environment: {DIB_RELEASE: bookworm}
  types: [qcow2, raw]
  arch: amd64
  imagename: web
`),
  );
  expect(image?.environment).toEqual({ DIB_RELEASE: 'bookworm' });
  expect(image?.words.join(' ')).toBe(
    '-o web -a amd64 -t qcow2,raw -x -x -u -c --logfile web.log --checksum --image-size 5 --image-extra-size 100 ' +
      '--image-cache /var/cache/images --max-online-resize 1000000 --min-tmpfs 4 --mkfs-journal-size 32 ' +
      '--mkfs-options -i 8192 --no-tmpfs --offline --qemu-img-options compat=1.1,cluster_size=2M --root-label root ' +
      '--ramdisk-element dracut-ramdisk --install-type package --docker-target web:1 -p nginx,htop -n vm debian-minimal',
  );
});

describe('a property', () => {
  test.each([
    ['uncompressed: false', []],
    ['clear: no', []],
    ['checksum: false', []],
    ['no-tmpfs: false', []],
    ['offline: off', []],
    ['skip-base: false', []],
    ['ramdisk: false', []],
    ['debug-trace: 0', []],
    ['debug-trace: 1', ['-x']],
    ['image-size: 2.5', ['--image-size', '2.5']],
    ['mkfs-options: "-i 8192 -O ^64bit"', ['--mkfs-options', '-i 8192 -O ^64bit']],
    ['elements: [-x]', ['--', '-x']],
    ['elements: []', []],
  ])('%s', (property, words) => {
    expect(wordsFor(property)).toEqual(['-o', 'web', ...words]);
  });
});

describe('entries of one name are one image', () => {
  test('lists and maps add up, of anything else the last counts', () => {
    const first = file(`- imagename: web
  elements: [vm]
  types: [qcow2]
  environment: {A: one, B: one}
  arch: amd64
- imagename: db
  elements: [base]
`);
    const second = file(
      `- imagename: web
  elements: [nginx]
  types: [raw]
  environment: {B: two, C: two}
  arch: arm64
`,
      'more.yaml',
    );
    expect(imagesIn(first, second)).toEqual([
      {
        name: 'web',
        program: 'disk-image-create',
        words: ['-o', 'web', '-a', 'arm64', '-t', 'qcow2,raw', 'vm', 'nginx'],
        environment: { A: 'one', B: 'two', C: 'two' },
        location: { path: 'images.yaml', line: 1, column: 3, text: '- imagename: web' },
      },
      {
        name: 'db',
        program: 'disk-image-create',
        words: ['-o', 'db', 'base'],
        environment: {},
        location: { path: 'images.yaml', line: 6, column: 3, text: '- imagename: db' },
      },
    ]);
  });

  test('one without a name goes on with the one before it, in the file before as well', () => {
    const images = imagesIn(
      file('- imagename: web\n  elements: [vm]\n'),
      file('- elements: [nginx]\n- imagename: db\n- elements: [base]\n', 'more.yaml'),
    );
    expect(images.map(({ words }) => words)).toEqual([
      ['-o', 'web', 'vm', 'nginx'],
      ['-o', 'db', 'base'],
    ]);
  });

  test('the first without a name is called image', () => {
    expect(imagesIn(file('- elements: [vm]\n')).map(({ words }) => words)).toEqual([['-o', 'image', 'vm']]);
  });

  test('a later ramdisk: false takes an earlier true back', () => {
    const images = imagesIn(file('- imagename: a\n  ramdisk: true\n- imagename: a\n  ramdisk: false\n'));
    expect(images.map(({ program }) => program)).toEqual(['disk-image-create']);
  });

  test('ramdisk: true is for the other program', () => {
    const images = imagesIn(file('- imagename: a\n  ramdisk: true\n  elements: [deploy]\n'));
    expect(images.map(({ program, words }) => [program, ...words])).toEqual([
      ['ramdisk-image-create', '-o', 'a', 'deploy'],
    ]);
  });

  test('anchors and merge keys work', () => {
    const images = imagesIn(
      file(`- &base
  imagename: a
  elements: [vm]
- <<: *base
  imagename: b
`),
    );
    expect(images.map(({ words }) => words.join(' '))).toEqual(['-o a vm', '-o b vm']);
  });
});

describe('a mistake is told with its place', () => {
  test('all of them at once, in all files', () => {
    const first = file(`- imagename: web
  elments: [vm]
  types: [qcow2, qcow3]
- imagename: db
  environment:
    PORT: 8080
`);
    const second = file('imagename: web\n', 'more.yaml');
    const third = file('- imagename: [\n', 'broken.yaml');
    expect(wrongIn(first, second, third)).toBe(`images.yaml:2:3: unknown property elments
  2 |   elments: [vm]
    |   ^
  did you mean elements?
images.yaml:3:18: types: "qcow3" is not one of qcow2, raw, tar
  3 |   types: [qcow2, qcow3]
    |                  ^
  did you mean qcow2?
images.yaml:6:5: environment: PORT: 8080 is not text
  6 |     PORT: 8080
    |     ^
  put what is meant in quotation marks
more.yaml:1:1: a map is not a list of images
  1 | imagename: web
    | ^
  begin each image with "- imagename: NAME"
broken.yaml:2:1: Flow sequence in block collection must be sufficiently indented and end with a ]
  2 | 
    | ^
`);
  });

  test('files that describe nothing', () => {
    expect(wrongIn(file(''), file('[]', 'more.yaml'))).toBe(
      'no image is described in images.yaml, more.yaml\n  a file is a list of images; begin each with "- imagename: NAME"\n',
    );
  });

  test('an entry that is none', () => {
    expect(wrongIn(file('- vm\n'))).toBe(
      'images.yaml:1:3: "vm" is not an image\n  1 | - vm\n    |   ^\n  describe it by properties, as in "imagename: NAME"\n',
    );
  });

  test.each([
    ['arch: amd46', 'arch: "amd46" is not one of aarch64, amd64,', '  did you mean amd64?'],
    ['types: qcow2', 'types: "qcow2" is not a list', '  write each on a line of its own, as in "- name"'],
    ['types: [1]', 'types: 1 is not one of qcow2, raw, tar'],
    [
      'environment: [A=b]',
      'environment: a list is not a map',
      '  write each on a line of its own, as in "NAME: value"',
    ],
    ['environment: {A: }', 'environment: A: nothing is not text', '  put what is meant in quotation marks'],
    ['environment: {A: 0755}', 'environment: A: 493 is not text', '  put what is meant in quotation marks'],
    ['environment: {A: [b]}', 'environment: A: a list is not text'],
    ['ramdisk: maybe', 'ramdisk: "maybe" is neither true nor false'],
    ['debug-trace: 3', 'debug-trace: 3 is not a whole number from 0 to 2'],
    ['image-size: 0', 'image-size: 0 is not a number above 0'],
    ['image-size: 5G', 'image-size: "5G" is not a number above 0'],
    ['image-extra-size: 0', 'image-extra-size: 0 is not a whole number of at least 1'],
    ['image-extra-size: 1.5', 'image-extra-size: 1.5 is not a whole number of at least 1'],
    ['mkfs-journal-size: x', 'mkfs-journal-size: "x" is not a whole number of at least 1'],
    ['max-online-resize: -1', 'max-online-resize: -1 is not a whole number of at least 1'],
    ['min-tmpfs: true', 'min-tmpfs: true is not a whole number of at least 0'],
    [
      'qemu-img-options: compat=1.1',
      'qemu-img-options: "compat=1.1" is not a map',
      '  write each on a line of its own, as in "NAME: value"',
    ],
    [
      'install-type: packages',
      'install-type: "packages" is not one of source, package',
      '  did you mean package?',
    ],
    ['root-label: 5', 'root-label: 5 is not text', '  put what is meant in quotation marks'],
    ['logfile: {a: b}', 'logfile: a map is not text'],
    ['elements: [vm, 5]', 'elements: 5 is not text', '  put what is meant in quotation marks'],
    [
      'packages: {a: b}',
      'packages: a map is not a list',
      '  write each on a line of its own, as in "- name"',
    ],
    ['zzz: 1', 'unknown property zzz', '  the properties are imagename, arch, types,'],
    ['toString: 1', 'unknown property toString', '  the properties are imagename, arch, types,'],
  ])('%s', (property, message, ...hints) => {
    const [told = '', ...toldHints] = wrongWith(property);
    expect(told).toMatch(/^images\.yaml:2:\d+: /);
    expect(told.replace(/^\S+ /, '').slice(0, message.length)).toBe(message);
    expect(toldHints.map((hint, index) => hint.slice(0, hints[index]?.length))).toEqual(hints);
  });
});
