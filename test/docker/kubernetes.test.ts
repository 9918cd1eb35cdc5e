/** The manifests in docker/kubernetes: as Kubernetes' own published schemas want them, and as strict as compose.yaml. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { validate as validateDeployment } from 'kubernetes-models/_schemas/IoK8sApiAppsV1Deployment';
import { validate as validateClaim } from 'kubernetes-models/_schemas/IoK8sApiCoreV1PersistentVolumeClaim';
import { validate as validateService } from 'kubernetes-models/_schemas/IoK8sApiCoreV1Service';
import { validate as validatePolicy } from 'kubernetes-models/_schemas/IoK8sApiNetworkingV1NetworkPolicy';
import { parse, parseAllDocuments } from 'yaml';
import { CHECKOUT, readPage, samplesOf } from '../support/pages.ts';

const VALIDATORS: Readonly<Record<string, (manifest: unknown) => boolean>> = {
  'apps/v1 Deployment': validateDeployment,
  'networking.k8s.io/v1 NetworkPolicy': validatePolicy,
  'v1 PersistentVolumeClaim': validateClaim,
  'v1 Service': validateService,
};

const read = (path: string): string => readFileSync(join(CHECKOUT, 'docker/kubernetes', path), 'utf8');
const ALICE = read('alice.yaml');

test.each(['room.yaml', 'alice.yaml', 'bob.yaml'])(
  'the manifest %s has nothing that the published schemas of Kubernetes refuse or do not know',
  (path) => {
    expect(problems(read(path))).toEqual([]);
  },
);

test.each([
  [
    'a misspelt field',
    'readOnlyRootFilesystem',
    'readOnlyRootFileSystem',
    ['unknown', 'readOnlyRootFileSystem'],
  ],
  [
    'a field in the wrong place',
    '      containers:',
    '      fsGroup: 1000\n      containers:',
    ['unknown', 'fsGroup'],
  ],
  ['a value of the wrong type', 'runAsNonRoot: true', "runAsNonRoot: 'true'", ['refused', 'runAsNonRoot']],
  [
    'a missing field',
    'selector: { matchLabels: { room: tincan, node: alice } }',
    '',
    ['refused', 'selector'],
  ],
])('%s in a manifest is found', (_what, right, wrong, words) => {
  expect(ALICE).toContain(right);
  const [problem = '', ...more] = problems(ALICE.replace(right, wrong));
  for (const word of words) expect(problem).toContain(word);
  expect(more).toEqual([]);
});

test('bob has all that alice has, under the other name, so that one more node is made by exchanging a name', () => {
  const exchanged = ALICE.replaceAll(/alice|bob/gu, (name) => (name === 'alice' ? 'bob' : 'alice'));
  expect(documents(read('bob.yaml'))).toEqual(documents(exchanged));
});

test('the commands of the page give kubectl manifests that name the image in a registry, and those of one more node', () => {
  const commands = samplesOf(readPage('docker/README.md')).flatMap(({ lines }) =>
    lines.filter((line) => line.endsWith('| kubectl apply --filename -')),
  );
  const [both = '', oneMore = ''] = commands.map((line) =>
    execFileSync('sh', ['-c', line.replace(/ \| kubectl .*/u, '')], { cwd: CHECKOUT, encoding: 'utf8' }),
  );
  expect(commands).toHaveLength(2);
  expect([...problems(both), ...problems(oneMore)]).toEqual([]);
  expect(documents(both)).toHaveLength(7);
  expect(both.match(/image: REGISTRY\/tincan-node$/gmu)).toHaveLength(2);
  expect(oneMore.match(/image: REGISTRY\/tincan-node$/gmu)).toHaveLength(1);
  expect(oneMore.replaceAll('carol', 'bob').replace('REGISTRY/', '')).toBe(read('bob.yaml'));
});

test('a pod is as strictly held as a container of compose.yaml, and is asked for its health in the same way', () => {
  const compose: unknown = parse(readFileSync(join(CHECKOUT, 'compose.yaml'), 'utf8'), { merge: true });
  expect(compose).toMatchObject({
    services: {
      alice: {
        read_only: true,
        tmpfs: [expect.stringContaining('/tmp:size=16m')],
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        mem_limit: '256m',
        stop_grace_period: '5s',
        healthcheck: { test: ['CMD', 'node', '/app/bundle/main.cjs', 'status'] },
      },
    },
  });
  const status = { exec: { command: ['node', '/app/bundle/main.cjs', 'status'] } };
  const container = {
    tty: true,
    stdin: true,
    startupProbe: status,
    livenessProbe: status,
    securityContext: {
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    },
    resources: { limits: { memory: '256Mi' } },
  };
  const pod = {
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 5,
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [container],
    volumes: expect.arrayContaining([
      { name: 'alice-tmp', emptyDir: { medium: 'Memory', sizeLimit: '16Mi' } },
    ]),
  };
  const [, , deployment] = documents(ALICE);
  expect(deployment).toMatchObject({ spec: { strategy: { type: 'Recreate' }, template: { spec: pod } } });
});

test('the policy is about every pod of the room, and lets through the port that the pods listen on and no other', () => {
  const [policy] = documents(read('room.yaml'));
  const room = { matchLabels: { room: 'tincan' } };
  const toRoom = [[{ podSelector: room }], [{ protocol: 'UDP', port: 5000 }]];
  expect(policy).toMatchObject({
    spec: {
      podSelector: room,
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: toRoom[0], ports: toRoom[1] }],
      egress: [{ to: toRoom[0], ports: toRoom[1] }, { ports: [{ port: 53 }, { port: 53 }] }],
    },
  });
  const [service, , deployment] = documents(ALICE);
  const labels = { room: 'tincan', node: 'alice' };
  expect(service).toMatchObject({ spec: { clusterIP: 'None', selector: labels, ports: [{ port: 5000 }] } });
  const bind = { name: 'TINCAN_BIND', value: '[::]:5000' };
  const containers = [{ env: expect.arrayContaining([bind]) }];
  expect(deployment).toMatchObject({ spec: { template: { metadata: { labels }, spec: { containers } } } });
});

function documents(text: string): readonly unknown[] {
  return parseAllDocuments(text).map((document): unknown => document.toJS());
}

/** What is wrong with the manifests in this text, a line each. */
function problems(text: string): readonly string[] {
  return documents(text).flatMap((manifest) => {
    const { apiVersion, kind } = Object(manifest);
    const validate = VALIDATORS[`${apiVersion} ${kind}`];
    if (validate === undefined) return [`unknown: ${apiVersion} ${kind}`];
    const looked = new Set<string>();
    if (!validate(watched(manifest, '', looked)))
      return [`refused: ${JSON.stringify(Object(validate).errors)}`];
    return fieldsOf(manifest, '')
      .filter((path) => !looked.has(path))
      .map((path) => `unknown: ${path}`);
  });
}

/**
 * The published schemas allow fields that they do not name, which an API server refuses or drops. But a validator looks at each
 * field that its schema names: a field that it has not looked at is one that the schema does not know.
 */
function watched(value: unknown, path: string, looked: Set<string>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return new Proxy(value, {
    get(target, key) {
      const field = `${path}/${String(key)}`;
      looked.add(field);
      return watched(Reflect.get(target, key), field, looked);
    },
  });
}

/** Paths of all fields. */
function fieldsOf(value: unknown, path: string): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => [
    `${path}/${key}`,
    ...fieldsOf(each, `${path}/${key}`),
  ]);
}
