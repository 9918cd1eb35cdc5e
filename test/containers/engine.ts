/** The container engine of this machine. Owns: the client, and the names of our images. */
import Docker from 'dockerode';

export const docker = new Docker();

/** Another checkout on the same machine has images of its own. */
const IMAGES = process.env['TINCAN_IMAGES'] || 'tincan';

export const NODE_IMAGE = `${IMAGES}-node`;
/** Programs that we did not write: nc, socat, Python. */
export const INTEROP_IMAGE = `${IMAGES}-interop`;
