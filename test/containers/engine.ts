/** The container engine of this machine. Owns: the client, and the names of our images. */
import Docker from 'dockerode';

export const docker = new Docker();

export const NODE_IMAGE = 'tincan-node';
/** Programs that we did not write: nc, socat, Python. */
export const INTEROP_IMAGE = 'tincan-interop';
