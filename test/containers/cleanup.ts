/**
 * Nothing is left behind: every container, network and volume of a test run carries its label.
 *
 * Owns: the label, removal, the sweep after a run that was killed, and the list of what a run has left.
 */
import { docker } from './engine.ts';

/** Its value is the process id of the run, so that a sweep never touches a run that is still going on. */
const RUN_LABEL = 'tincan.test.run';

// Ryuk, the cleaner of testcontainers, is an image that may not be there to pull: these labels do its work.
process.env['TESTCONTAINERS_RYUK_DISABLED'] = 'true';

export function labels(): Record<string, string> {
  return { [RUN_LABEL]: String(process.pid) };
}

/** Gone at once, whatever state it is in; one that has gone by itself is fine. */
export async function removeContainer(id: string): Promise<void> {
  const container = docker.getContainer(id);
  await container.remove({ force: true }).catch(ignoreGone);
  // The engine may be at removing it already, and answers before it is done.
  await container.wait({ condition: 'removed' }).catch(ignoreGone);
}

export async function removeNetwork(id: string): Promise<void> {
  await docker.getNetwork(id).remove().catch(ignoreGone);
}

export async function removeVolume(name: string): Promise<void> {
  await docker.getVolume(name).remove().catch(ignoreGone);
}

/** Removes what runs left whose process is gone. */
export async function sweep(): Promise<void> {
  const left = await labelled((pid) => !isAlive(pid));
  await Promise.all(left.containers.map((id) => removeContainer(id)));
  await Promise.all(left.networks.map((id) => removeNetwork(id)));
  await Promise.all(left.volumes.map((name) => removeVolume(name)));
}

/** Names of the containers, networks and volumes of this very run that are still there. */
export async function leftovers(): Promise<string[]> {
  const { containers, networks, volumes } = await labelled((pid) => pid === process.pid);
  return [
    ...containers.map((id) => `container ${id}`),
    ...networks.map((id) => `network ${id}`),
    ...volumes.map((name) => `volume ${name}`),
  ];
}

async function labelled(
  whose: (pid: number) => boolean,
): Promise<{ containers: string[]; networks: string[]; volumes: string[] }> {
  const filters = { label: [RUN_LABEL] };
  const isTheirs = ({ Labels: found }: { Labels?: Record<string, string> | undefined }): boolean =>
    whose(Number(found?.[RUN_LABEL]));
  const containers = await docker.listContainers({ all: true, filters });
  const networks = await docker.listNetworks({ filters });
  const { Volumes: volumes } = await docker.listVolumes({ filters });
  return {
    containers: containers.filter(isTheirs).map(({ Id: id }) => id),
    networks: networks.filter(isTheirs).map(({ Id: id }) => id),
    volumes: volumes.filter(isTheirs).map(({ Name: name }) => name),
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function ignoreGone(error: unknown): void {
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  // 404: it has ended and removed itself; 409: it is being removed.
  if (status !== 404 && status !== 409) throw error;
}
