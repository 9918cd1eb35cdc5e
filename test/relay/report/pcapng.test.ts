/** The bytes of each block, against the layout of draft-ietf-opsawg-pcapng. */
import { expect, test } from '@jest/globals';
import { enhancedPacket, interfaceDescription, sectionHeader } from '../../../src/relay/report/pcapng.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const ascii = (text: string): string => Buffer.from(text).toString('hex');

test('a section header has the layout of the format', () => {
  expect(hex(sectionHeader({ application: 'relay', comment: 'hi' }))).toBe(
    [
      '0a0d0d0a', // block type: the same in both byte orders
      '34000000', // block total length: 52
      '4d3c2b1a', // byte-order magic, little-endian
      '0100',
      '0000', // version 1.0
      'ffffffffffffffff', // section length: not known
      `01000200${ascii('hi')}0000`, // opt_comment, padded to four bytes
      `04000500${ascii('relay')}000000`, // shb_userappl
      '00000000', // opt_endofopt
      '34000000', // block total length again
    ].join(''),
  );
});

test('an interface description has the layout of the format', () => {
  expect(hex(interfaceDescription({ name: 'in', description: 'four' }))).toBe(
    [
      '01000000',
      '28000000', // 40
      '6500', // LINKTYPE_RAW
      '0000', // reserved
      '00000000', // no limit to a packet's length
      `02000200${ascii('in')}0000`, // if_name
      `03000400${ascii('four')}`, // if_description
      '00000000',
      '28000000',
    ].join(''),
  );
});

test('an enhanced packet has the layout of the format, with its time in microseconds', () => {
  const packet = {
    interfaceNumber: 3,
    // 2^32 microseconds and two more.
    atMs: 4_294_967.298,
    packet: Uint8Array.of(1, 2, 3, 4, 5),
    comment: 'lost',
    dropCount: 0,
  };
  expect(hex(enhancedPacket(packet))).toBe(
    [
      '06000000',
      '34000000', // 52
      '03000000', // interface
      '01000000', // time, upper half
      '02000000', // time, lower half
      '05000000', // captured length
      '05000000', // original length
      '0102030405000000', // the packet, padded to four bytes
      `01000400${ascii('lost')}`, // opt_comment
      '00000000',
      '34000000',
    ].join(''),
  );
  const afterAGap = hex(enhancedPacket({ ...packet, dropCount: 258 }));
  // epb_dropcount: 64 bits.
  expect(afterAGap).toContain(`0400080002010000000000000000000040000000`);
});

test('the length of a text in a block counts bytes, not characters', () => {
  expect(hex(interfaceDescription({ name: 'é', description: '' }))).toContain('02000200c3a90000');
});
