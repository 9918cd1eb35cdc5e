import { expect, test } from '@jest/globals';
import { figuresOfIperf, figuresOfSockperf } from '../../bench/limits.ts';

test('of what iperf3 says, that counts which the receiver has got', () => {
  const sum_sent = { seconds: 1, bytes: 110_170_000, packets: 110_170, lost_packets: 0 };
  const sum_received = { seconds: 2, bytes: 40_000_000, packets: 100_000, lost_packets: 60_000 };
  expect(figuresOfIperf(JSON.stringify({ end: { sum_sent, sum_received } }))).toEqual({
    megabytesPerSecond: 20,
    linesPerSecond: 20_000,
    deliveredPercent: 40,
  });
});

test('an iperf3 that could not measure has no figures, but a reason', () => {
  const json = JSON.stringify({ end: {}, error: 'unable to connect to server' });
  expect(() => figuresOfIperf(json)).toThrow('unable to connect to server');
});

test('of what sockperf says, the percentiles count', () => {
  const text = [
    'sockperf: ====> avg-latency=66.721 (std-dev=21.304)',
    'sockperf: ---> percentile 99.999 =   81.785',
    'sockperf: ---> percentile 99.000 =   70.125',
    'sockperf: ---> percentile 50.000 =    9.656',
    'sockperf: ---> <MIN> observation =    5.656',
  ].join('\n');
  expect(figuresOfSockperf(text)).toEqual({ warmP50Microseconds: 9.656, warmP99Microseconds: 70.125 });
});

test('a sockperf that has seen nothing has no figures', () => {
  expect(() => figuresOfSockperf('sockperf: No messages were received')).toThrow('no percentiles');
});
