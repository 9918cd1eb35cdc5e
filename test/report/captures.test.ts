import { describe, expect, test } from '@jest/globals';
import { gunzipSync } from 'node:zlib';
import { captureLink, captureLinks } from './captures.ts';
import { fixturePcapng } from './fixture.ts';

const plenty = 1_000_000;

describe('a capture', () => {
  test('a capture that fits is whole', () => {
    const file = fixturePcapng(20);
    const { fileName, gzip, packets, packetsOmitted } = captureLink('captures/loss.pcapng', file, plenty);
    expect({ fileName, packets, packetsOmitted }).toEqual({
      fileName: 'loss.pcapng.gz',
      packets: 20,
      packetsOmitted: 0,
    });
    expect(new Uint8Array(gunzipSync(gzip))).toEqual(new Uint8Array(file));
  });

  test('a capture that does not fit is cut between two packets, and says how many it leaves out', () => {
    const maxBytes = 5_000;
    const { gzip, packets, packetsOmitted } = captureLink('a.pcapng', fixturePcapng(200), maxBytes);
    expect(gzip.length).toBeLessThanOrEqual(maxBytes);
    expect(packets).toBeGreaterThan(10);
    expect(packets + packetsOmitted).toBe(200);
    expect(new Uint8Array(gunzipSync(gzip))).toEqual(new Uint8Array(fixturePcapng(packets)));
  });

  test('a capture whose writer was killed in the middle of a packet loses that packet only', () => {
    const { gzip, packets } = captureLink('a.pcapng', fixturePcapng(3).subarray(0, -5), plenty);
    expect(packets).toBe(2);
    expect(new Uint8Array(gunzipSync(gzip))).toEqual(new Uint8Array(fixturePcapng(2)));
  });

  test('a capture of two relays one after the other has the packets of both', () => {
    const file = Buffer.concat([fixturePcapng(2), fixturePcapng(3)]);
    const { gzip, packets } = captureLink('a.pcapng', file, plenty);
    expect(packets).toBe(5);
    expect(gunzipSync(gzip).equals(file)).toBe(true);
  });

  test('a capture that is none is an empty one', () => {
    expect(captureLink('a.pcapng', Buffer.from('not a capture'), plenty)).toMatchObject({
      packets: 0,
      packetsOmitted: 0,
    });
  });
});

test('all captures of a page together stay within its budget, and use it', () => {
  const files = new Map(Array.from({ length: 60 }, (_, at) => [`${at}.pcapng`, fixturePcapng(200)]));
  const links = [...captureLinks(files).values()];
  const inAll = links.reduce((sum, { gzip }) => sum + gzip.length, 0);
  expect(links).toHaveLength(60);
  expect(inAll).toBeLessThanOrEqual(600_000);
  expect(inAll).toBeGreaterThan(450_000);
});
