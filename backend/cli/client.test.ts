import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFlags } from '../config/flags';
import { serverAddress } from './client';

const addressOf = (text: string) => () => serverAddress(parseFlags(['--addr', text], new Set()), {});

test('an address that is none is repeated without its password', () => {
  for (const text of ['http://me:secret@host:port', 'me:secret@host:port', 'http://me:s/ecret@host:port']) {
    assert.throws(addressOf(text), { message: '--addr: an address such as http://127.0.0.1:3100 is expected, not host:port' });
  }
  assert.throws(addressOf('host:port'), { message: /, not host:port$/ });
});
