/** The part of noise-c.wasm that the test of interoperation uses; the package brings no types of its own. */
declare module '@richardhopton/noise-c.wasm' {
  interface CipherState {
    EncryptWithAd(ad: Uint8Array, plaintext: Uint8Array): Uint8Array;
    DecryptWithAd(ad: Uint8Array, ciphertext: Uint8Array): Uint8Array;
  }
  interface HandshakeState {
    Initialize(
      prologue: Uint8Array,
      ownStaticPrivate: Uint8Array,
      remoteStatic: null,
      preSharedKey: Uint8Array | null,
    ): void;
    WriteMessage(payload: Uint8Array): Uint8Array;
    ReadMessage(message: Uint8Array, isPayloadNeeded: true): Uint8Array;
    GetHandshakeHash(): Uint8Array;
    GetRemotePublicKey(): Uint8Array;
    /** The state to send with, and the one to receive with. */
    Split(): [CipherState, CipherState];
  }
  interface Library {
    readonly constants: { readonly NOISE_ROLE_INITIATOR: number; readonly NOISE_ROLE_RESPONDER: number };
    HandshakeState(protocolName: string, role: number): HandshakeState;
  }
  function createNoise(options: object, callback: (library: Library) => void): void;
  export = createNoise;
}
