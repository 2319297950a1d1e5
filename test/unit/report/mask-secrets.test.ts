// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { createMask, maskEvent } from '../../../lib/report/mask-secrets.ts';

describe('which values are secret', () => {
  test.each([
    'DIB_DEV_USER_PASSWORD',
    'ROOT_PASSWD',
    'GITHUB_TOKEN',
    'AWS_SECRET_ACCESS_ID',
    'DIB_REG_ACTIVATION_KEY',
    'DIB_AUTHORIZED_KEYS',
    'MYAPIKEY',
    'db_password',
    'DB_PWD',
  ])('%s is', (name) => {
    expect(createMask({ [name]: 'tops3cret' }).text('it is tops3cret.')).toBe('it is ***.');
  });

  test.each(['PWD', 'OLDPWD', 'KEYMAP', 'DIB_MONKEY', 'DIB_RELEASE'])('%s is not', (name) => {
    expect(createMask({ [name]: 'tops3cret' }).text('it is tops3cret.')).toBe('it is tops3cret.');
  });

  test('values too short or too common to be hidden are left', () => {
    expect(createMask({ A_KEY: 'abc', B_KEY: 'true', C_KEY: undefined }).text('abc is true')).toBe(
      'abc is true',
    );
  });
});

describe('what is masked', () => {
  test('the longer of two secrets that begin alike, and characters that patterns know', () => {
    const mask = createMask({ A_TOKEN: 'a.b*', B_TOKEN: 'a.b*(c)' });
    expect(mask.text('a.b*(c) a.b* axbb')).toBe('*** *** axbb');
  });

  test('each line of a secret of several lines, and the form that set -x prints', () => {
    const mask = createMask({ SSH_KEY: 'BEGIN\nline-two\n', PASSWORD: "it's it" });
    expect(mask.text(String.raw`line-two and 'it'\''s it'`)).toBe("*** and '***'");
  });

  test('texts at any depth of an event, but not the names of our own things', () => {
    const failure = {
      kind: 'hook-failed',
      element: 'debian',
      phase: 'install.d',
      script: '50-debian',
      exitStatus: 1,
      lastLines: ['password=debian'],
    } as const;
    expect(maskEvent(createMask({ A_PASSWORD: 'debian' }), { at: 1, kind: 'build-failed', failure })).toEqual(
      {
        at: 1,
        kind: 'build-failed',
        failure: { ...failure, lastLines: ['password=***'] },
      },
    );
  });
});
