// SPDX-License-Identifier: Apache-2.0
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const program = resolve('elements/cache-url/bin/cache-url');
const modified = 'Sat, 01 Jan 2022 00:00:00 GMT';

let place: string;
let server: Server;
let base: string;
/** What the server has, by path. */
let files: Record<string, string>;
/** What it was asked for: path and the answer. */
let asked: string[];

beforeEach(async () => {
  place = mkdtempSync(join(tmpdir(), 'dib-cache-url-test-'));
  files = { '/data': 'what the server has\n' };
  asked = [];
  server = createHttpServer(serve);
  base = `http://127.0.0.1:${await listen(server)}`;
});

afterEach(() => {
  server.close();
  rmSync(place, { recursive: true, force: true });
});

const serve: RequestListener = (request, response) => {
  const path = request.url ?? '';
  const text = files[path];
  const status = path.startsWith('/busy')
    ? 503
    : text === undefined
      ? 404
      : request.headers['if-modified-since'] === modified
        ? 304
        : 200;
  asked.push(`${path} ${status}`);
  response.writeHead(status, { 'Last-Modified': modified });
  response.end(status === 200 ? text : '');
};

const listen = (listening: Server): Promise<number> =>
  new Promise((done) =>
    listening.listen(0, '127.0.0.1', () => done((listening.address() as AddressInfo).port)),
  );

type Outcome = { readonly status: number | null; readonly stderr: string };

/** Not synchronously: the server answers from this process. */
function cacheUrl(
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const child = spawn(program, words, {
    env: { PATH: process.env['PATH'], HOME: place, DIB_CACHE_URL_RETRY_DELAY: '0', ...environment },
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (stderr += text));
  return new Promise((done) => child.once('close', (status) => done({ status, stderr: portable(stderr) })));
}

const portable = (text: string): string => text.replaceAll(base, '{base}').replaceAll(place, '{place}');
const done: Outcome = { status: 0, stderr: '' };
const failing = (message: string, status = 1): Outcome => ({ status, stderr: `cache-url: ${message}\n` });
const unencrypted =
  'cache-url: {base}/data comes unencrypted and nothing says what it has to be: https or a digest would\n';
const dest = (): string => join(place, 'cache/data');
const stored = (): string => readFileSync(dest(), 'utf8');
const digestOf = (text: string, algorithm: 'sha256' | 'sha512' = 'sha256'): string =>
  createHash(algorithm).update(text).digest('hex');

function store(text: string): void {
  mkdirSync(join(place, 'cache'));
  writeFileSync(dest(), text);
}

/** The directory of DEST holds nothing that was not asked for. */
const names = (): readonly string[] => readdirSync(join(place, 'cache')).sort();

describe('fetching', () => {
  test('is done once while the server has nothing newer, and again when forced', async () => {
    expect(await cacheUrl([`${base}/data`, dest()])).toEqual({ status: 0, stderr: unencrypted });
    expect(stored()).toBe('what the server has\n');
    expect(statSync(dest()).mode & 0o777).toBe(0o644);
    await cacheUrl([`${base}/data`, dest()]);
    await cacheUrl(['-f', `${base}/data`, dest()]);
    expect(asked).toEqual(['/data 200', '/data 304', '/data 200']);
    expect(names()).toEqual(['data']);
  });

  test('takes an empty file for what it is', async () => {
    files['/data'] = '';
    expect((await cacheUrl([`${base}/data`, dest()])).status).toBe(0);
    expect(stored()).toBe('');
  });

  test('follows redirections', async () => {
    server.removeAllListeners('request');
    server.on('request', (request, response) => {
      if (request.url === '/data') response.end('moved here');
      else response.writeHead(302, { Location: '/data' }).end();
    });
    expect((await cacheUrl([`${base}/old`, dest()])).status).toBe(0);
    expect(stored()).toBe('moved here');
  });

  test('ends with 44 when there is no such file, and keeps what is stored', async () => {
    store('older');
    const words = [`${base}/lost`, dest()];
    expect(await cacheUrl([...words, '--sha256', digestOf('x')])).toEqual(
      failing('{base}/lost: there is no such file', 44),
    );
    expect(stored()).toBe('older');
    expect(names()).toEqual(['data']);
  });

  test('tries again while a server is busy, and ends with 1', async () => {
    const words = ['--sha256', digestOf('x'), `http://ada:secret@${base.slice(7)}/busy`, dest()];
    const { status, stderr } = await cacheUrl(words);
    expect({ status, lines: stderr.split('\n').filter((line) => line.startsWith('cache-url')) }).toEqual({
      status: 1,
      lines: [
        `cache-url: http://********@${base.slice(7)}/busy: the server answers with status 503`,
        `cache-url: http://********@${base.slice(7)}/busy could not be fetched`,
      ],
    });
    expect(asked).toEqual(['/busy 503', '/busy 503', '/busy 503', '/busy 503']);
    expect(names()).toEqual([]);
  });

  test('reads file:// also offline', async () => {
    writeFileSync(join(place, 'here'), 'local\n');
    const words = [`file://${place}/here`, dest()];
    expect(await cacheUrl(words, { DIB_OFFLINE: '1' })).toEqual(done);
    expect(stored()).toBe('local\n');
    expect((await cacheUrl([`file://${place}/lost`, dest()])).status).toBe(44);
  });

  test.each([
    ['as it comes', (): readonly string[] => []],
    ['after it was checked', (): readonly string[] => ['--sha256', digestOf('what the server has\n')]],
  ])('into a named pipe %s', async (_, words) => {
    const pipe = join(place, 'pipe');
    spawnSync('mkfifo', [pipe]);
    const reader = spawn('cat', [pipe], { stdio: ['ignore', 'pipe', 'inherit'] });
    let read = '';
    reader.stdout.setEncoding('utf8').on('data', (text: string) => void (read += text));
    const ended = new Promise((resolved) => reader.once('close', resolved));
    expect((await cacheUrl([...words(), `${base}/data`, pipe])).status).toBe(0);
    await ended;
    expect(read).toBe('what the server has\n');
  });
});

describe('offline', () => {
  const offline = { DIB_OFFLINE: '1' };

  test('what is stored is used, and checked', async () => {
    store('older');
    expect(await cacheUrl([`${base}/data`, dest()], offline)).toEqual(done);
    expect(await cacheUrl(['--sha256', digestOf('new'), `${base}/data`, dest()], offline)).toEqual(
      failing(
        `{base}/data is not what it has to be: its SHA-256 digest is ${digestOf('older')}, not ${digestOf('new')}`,
      ),
    );
    expect(stored()).toBe('older');
    expect(asked).toEqual([]);
  });

  test('what is not stored ends it', async () => {
    expect(await cacheUrl([`${base}/data`, dest()], offline)).toEqual(
      failing('the build is offline and {place}/cache/data is not stored: build once with the network'),
    );
    expect(asked).toEqual([]);
  });

  test('sums are kept for it', async () => {
    files['/sums'] = `${digestOf('what the server has\n')}  data\n`;
    const words = ['--sums', `${base}/sums`, `${base}/data`, dest()];
    expect(await cacheUrl(words)).toEqual(done);
    expect(await cacheUrl(words, offline)).toEqual(done);
    rmSync(`${dest()}.sums`);
    expect((await cacheUrl(words, offline)).status).toBe(1);
    expect(asked).toEqual(['/sums 200', '/data 200']);
  });
});

describe('digests', () => {
  test('a file that has the digest is fetched once and never asked for again', async () => {
    const words = ['--sha512', digestOf('what the server has\n', 'sha512').toUpperCase()];
    expect(await cacheUrl([...words, `${base}/data`, dest()])).toEqual(done);
    expect(await cacheUrl([...words, `${base}/data`, dest()])).toEqual(done);
    expect(asked).toEqual(['/data 200']);
  });

  test('a file that has another is refused, and what is stored stays', async () => {
    store('older');
    expect(await cacheUrl(['--sha256', digestOf('new'), `${base}/data`, dest()])).toEqual(
      failing(
        `{base}/data is not what it has to be: its SHA-256 digest is ${digestOf('what the server has\n')}, not ${digestOf('new')}`,
      ),
    );
    expect(stored()).toBe('older');
    expect(names()).toEqual(['data']);
  });

  test.each([
    ['plain', (digest: string) => `${digestOf('x')}  other\n${digest}  data\n`],
    ['binary', (digest: string) => `${digest} *data\r\n`],
    ['tagged', (digest: string) => `SHA256 (other) = ${digestOf('x')}\nSHA256 (data) = ${digest}\n`],
    ['below a directory', (digest: string) => `${digest}  ./data\n`],
  ])('are found in %s sums', async (_, sums) => {
    files['/sums'] = sums(digestOf('what the server has\n'));
    expect(await cacheUrl(['--sums', `${base}/sums`, `${base}/data`, dest()])).toEqual(done);
    files['/sums'] = sums(digestOf('new'));
    files['/data'] = 'new';
    expect(await cacheUrl(['--sums', `${base}/sums`, `${base}/data`, dest()])).toEqual(done);
    expect(stored()).toBe('new');
    expect(names()).toEqual(['data', 'data.sums']);
  });

  test('sums must list the file under its name', async () => {
    files['/sums'] = `${digestOf('what the server has\n')}  release.img\n`;
    const words = [`--sums=${base}/sums`, `${base}/data`, dest()];
    expect(await cacheUrl(words)).toEqual(
      failing('{base}/sums has no digest of data: --name says under which name it is listed'),
    );
    expect(await cacheUrl(['--name', 'release.img', ...words])).toEqual(done);
    files['/sums'] = `${createHash('md5').update('what the server has\n').digest('hex')}  data\n`;
    expect(await cacheUrl(words)).toEqual(
      failing('{base}/sums has neither a SHA-256 nor a SHA-512 digest of data'),
    );
  });
});

describe('signatures', () => {
  const gpg = (...words: readonly string[]): void => {
    const home = join(place, 'keys');
    const { status, stderr } = spawnSync('gpg', ['--batch', '--quiet', '--homedir', home, ...words], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(stderr);
  };

  const makeKey = (name: string): void =>
    gpg('--passphrase', '', '--quick-generate-key', name, 'ed25519', 'sign', 'never');

  const sign = (path: string, name: string): void => {
    writeFileSync(join(place, 'signed'), files[path] ?? '');
    gpg(
      '--yes',
      '--local-user',
      name,
      '--output',
      join(place, 'sig'),
      '--detach-sign',
      join(place, 'signed'),
    );
    files[`${path}.sig`] = readFileSync(join(place, 'sig'), 'latin1');
  };

  beforeEach(() => {
    mkdirSync(join(place, 'keys'), { mode: 0o700 });
    makeKey('ours');
    makeKey('theirs');
    gpg('--output', join(place, 'ours.gpg'), '--export', 'ours');
    gpg('--armor', '--output', join(place, 'ours.asc'), '--export', 'ours');
    server.removeAllListeners('request');
    server.on('request', (request, response) => {
      asked.push(request.url ?? '');
      response.end(Buffer.from(files[request.url ?? ''] ?? '', 'latin1'));
    });
  });

  afterEach(() => {
    spawnSync('gpgconf', ['--homedir', join(place, 'keys'), '--kill', 'all']);
  });

  test.each(['ours.gpg', 'ours.asc'])('by a key of %s are good', async (keyring) => {
    sign('/data', 'ours');
    const words = ['--signature', `${base}/data.sig`, '--keyring', join(place, keyring)];
    expect(await cacheUrl([...words, `${base}/data`, dest()])).toEqual(done);
    expect(names()).toEqual(['data', 'data.sig']);
    expect(await cacheUrl([...words, `${base}/data`, dest()], { DIB_OFFLINE: '1' })).toEqual(done);
  });

  test('by another key are refused', async () => {
    sign('/data', 'theirs');
    const words = ['--signature', `${base}/data.sig`, '--keyring', join(place, 'ours.gpg')];
    const { status, stderr } = await cacheUrl([...words, `${base}/data`, dest()]);
    expect({ status, last: stderr.trimEnd().split('\n').at(-1) }).toEqual({
      status: 1,
      last: 'cache-url: {base}/data.sig is no signature of {base}/data by a key of {place}/ours.gpg',
    });
    expect(names()).toEqual([]);
  });

  test('of a changed file are refused', async () => {
    sign('/data', 'ours');
    files['/data'] = 'changed on the way';
    const words = ['--signature', `${base}/data.sig`, '--keyring', join(place, 'ours.gpg')];
    expect((await cacheUrl([...words, `${base}/data`, dest()])).status).toBe(1);
    expect(existsSync(dest())).toBe(false);
  });

  test('are those of the sums where there are sums', async () => {
    files['/sums'] = `${digestOf('what the server has\n')}  data\n`;
    sign('/sums', 'ours');
    const words = ['--sums', `${base}/sums`, '--signature', `${base}/sums.sig`];
    const keyring = ['--keyring', join(place, 'ours.gpg')];
    expect(await cacheUrl([...words, ...keyring, `${base}/data`, dest()])).toEqual(done);
    expect(await cacheUrl([...words, ...keyring, `${base}/data`, dest()])).toEqual(done);
    expect(asked).toEqual(['/sums', '/sums.sig', '/data', '/sums', '/sums.sig']);
    files['/sums'] = `${digestOf('forged')}  data\n`;
    files['/data'] = 'forged';
    expect((await cacheUrl([...words, ...keyring, `${base}/data`, dest()])).status).toBe(1);
    expect(stored()).toBe('what the server has\n');
  });
});

describe('certificates', () => {
  let tls: Server;
  let address: string;

  beforeEach(async () => {
    const [key, certificate] = [join(place, 'key.pem'), join(place, 'certificate.pem')];
    const { status, stderr } = spawnSync(
      'openssl',
      ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'].concat([
        '-addext',
        'subjectAltName=IP:127.0.0.1',
        '-keyout',
        key,
        '-out',
        certificate,
      ]),
      { encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(stderr);
    tls = createTlsServer(
      { key: readFileSync(key), cert: readFileSync(certificate) },
      (request, response) => {
        if (request.url === '/data') response.end('encrypted');
        else response.writeHead(302, { Location: `${base}/data` }).end();
      },
    );
    address = `https://127.0.0.1:${await listen(tls)}`;
  });

  afterEach(() => void tls.close());

  test('of unknown servers are refused, whatever .curlrc says', async () => {
    writeFileSync(join(place, '.curlrc'), 'insecure\n');
    expect((await cacheUrl([`${address}/data`, dest()])).status).toBe(1);
    expect(existsSync(dest())).toBe(false);
  });

  test('of servers that were made known are taken, and no way leads out of https', async () => {
    const known = { CURL_CA_BUNDLE: join(place, 'certificate.pem') };
    expect(await cacheUrl([`${address}/data`, dest()], known)).toEqual(done);
    expect(stored()).toBe('encrypted');
    expect((await cacheUrl([`${address}/elsewhere`, join(place, 'other')], known)).status).toBe(1);
    expect(asked).toEqual([]);
  });
});

describe('words that make no sense', () => {
  const usage =
    'usage: cache-url [-f] [--sha256 HEX] [--sha512 HEX] [--sums URL [--name NAME]] [--signature URL --keyring FILE] URL DEST\n';

  test.each([[[]], [['one']], [['a', 'b', 'c']], [['--unknown', 'a', 'b']], [['a', 'b', '--sums']]])(
    '%j',
    async (words) => {
      expect(await cacheUrl(words)).toEqual({ status: 1, stderr: usage });
    },
  );

  test.each([
    [['--sha256', 'abc'], 'abc is no SHA-256 digest: it has to be 64 hexadecimal digits'],
    [['--sha512', 'abc'], 'abc is no SHA-512 digest: it has to be 128 hexadecimal digits'],
    [['--signature', 'x'], '--signature needs --keyring: name the file with the keys that may sign'],
    [['--keyring', 'x'], '--keyring needs --signature: name the address of the signature'],
    [['--signature', 'x', '--keyring', '/lost'], 'the keyring /lost cannot be read'],
    [
      ['-k'],
      "-k is refused: certificates are always checked. Add the server's authority to those the machine trusts, or name its file in CURL_CA_BUNDLE",
    ],
  ])('%j', async (words, message) => {
    expect(await cacheUrl([...words, `${base}/data`, dest()])).toEqual(failing(message));
    expect(asked).toEqual([]);
  });

  test('a directory as DEST', async () => {
    expect(await cacheUrl([`${base}/data`, place])).toEqual(
      failing('{place} is a directory: name the file to write'),
    );
  });
});
