/**
 * Every bound and every constant of wire `tincan`: its unit last in its name, then its reason, what happens beyond it,
 * and its source.
 *
 * Owns: the numbers.
 */
import { lineMaxBytes } from '../../kernel/limits.ts';

// ---- Handshake -------------------------------------------------------------------------------------------------------

/** The version in message 1: 2, since a packet may hold LINES. Beyond: another version's message is dropped without an answer. */
export const protocolVersion = 2;

/**
 * Message 1, bytes: exactly. Reason: whatever answers it is smaller, so that nobody can be flooded through us; and a path
 * that carries it carries our packets. Beyond: dropped. Source: RFC 9000 §14.1.
 */
export const initBytes = 1200;

/**
 * First repetition of message 1 or 3, ms; each further one waits twice as long. Reason: longer than a round trip to the
 * far side of the Earth, short against a person's patience. WireGuard uses 5 s, fit for a tunnel.
 */
export const handshakeRetryMs = 400;

/** Added to each repetition at random, ms below. Reason: two nodes that open at once get out of step. Source: WireGuard §6.1. */
export const handshakeRetryJitterMs = 334;

/** A handshake not done by then is given up, ms from message 1, on either side. Its state is freed. */
export const handshakeGiveUpMs = 10_000;

/** Wait before the next attempt after one was given up, ms, doubled each time. Reason: an absent peer costs one small flow. */
export const redialDelayMs = 1_000;

/** Longest wait between two attempts, ms. Reason: a peer that comes back is found within half a minute. */
export const redialDelayMaxMs = 30_000;

/**
 * A conversation that was shorter, ms, or that broke the protocol, counts as a failed attempt: the wait doubles. Reason: a peer that
 * hangs up after each handshake must not be dialled all the time.
 */
export const steadyMs = 10_000;

/** Places that are left alone for that. Beyond: the one whose conversation ended first is dialled as any other. */
export const backOffsMax = 4_096;

/** Each public key, static or ephemeral, on the wire. Source: RFC 7748 §6.1. */
export const publicKeyBytes = 32;

/** Each mac1 and each cookie, bytes of an HMAC-SHA256. Reason: 128 bits can't be guessed. Source: WireGuard §5.4.4. */
export const macBytes = 16;

// ---- Strangers -------------------------------------------------------------------------------------------------------

/**
 * Handshakes answered but not yet finished. Reason: 256 of them are below 1 MiB. Beyond: message 1 is dropped without an
 * answer, and the initiator repeats it.
 */
export const halfOpenMax = 256;

/**
 * Of these from one source (IPv4 address or IPv6 /64). Reason: one host that answers cookies can't fill the table.
 * Beyond: dropped without an answer.
 */
export const halfOpenPerSourceMax = 64;

/**
 * Beyond both, from one address at which somebody is known or configured. Reason: whoever fills the table can't keep pairs that talk
 * from renewing their keys, nor lost ones from coming back; one side needs one, and one more where two attempts follow each other.
 * Beyond: dropped without an answer.
 */
export const halfOpenPerKnownMax = 2;

/** With this many handshakes half open, each message 1 must bring a cookie. Source: WireGuard §5.3, there "under load". */
export const cookieFromHalfOpen = 32;

/**
 * Handshakes answered from one source (IPv4 address or IPv6 /64), a second and in a burst. Reason: each costs about
 * 150 µs, so that one source takes at most 1 % of a processor (2 % with cookies). Beyond: a cookie is asked for; beyond
 * the same rate with a valid cookie: dropped. Source: WireGuard's ratelimiter.c (20 packets/s, burst 5).
 */
export const handshakesPerSecond = 20;
export const handshakesBurst = 5;

/** The same for one known address with a valid cookie, where its source's rates are used up by others. Reason: rekeys are rare. */
export const knownHandshakesPerSecond = 1;

/**
 * Messages 2 or 3 of one handshake that do not verify. Reason: whoever sees its index can make us try as many key agreements,
 * at about 100 µs each. Beyond: a half-open handshake is forgotten; the initiator reads no message 2 until it has repeated
 * message 1.
 */
export const forgedMessagesMax = 4;

/** Sources whose rate is remembered. Beyond: a source that finds no room is treated as above its rate. */
export const rateSourcesMax = 4_096;

/** How long the secret behind cookies is used, ms; a cookie lives no longer. Source: WireGuard §5.4.7. */
export const cookieSecretMs = 120_000;

/**
 * Messages 1 with a good mac1, sent or received, that are remembered by it, so that a recorded one is dropped without an answer.
 * Reason: three weeks of a pair's use in 3 MiB. Beyond: the oldest is forgotten; its replay then costs one half-open handshake
 * that nobody can finish.
 */
export const seenInitsMax = 16_384;

// ---- Packets ---------------------------------------------------------------------------------------------------------

/** Type 1, receiver index 4, packet number 4: authenticated, not encrypted. */
export const packetHeaderBytes = 9;

/** Poly1305's tag. Source: RFC 8439 §2.5. */
export const tagBytes = 16;

/** What a packet costs beyond its frames. */
export const packetOverheadBytes = packetHeaderBytes + tagBytes;

/** UDP payload that every path is taken to carry. Source: RFC 9000 §14.1, RFC 8899 §5.1.2 (BASE_PLPMTU). */
export const datagramBaseBytes = 1200;

/**
 * A larger one, bytes, that is tried where the peer is on this machine; the second where the kernel takes no more of a program
 * (macOS: 9,216). Reason: a packet of 1,200 B takes 25 µs of processor time at either end, whatever is in it. To other machines
 * nothing larger is tried: a program can't keep the kernel from sending fragments, and those get lost one by one.
 */
export const datagramLocalBytes = 16_384;
export const datagramLocalLessBytes = 8_192;

/** How often that is tried in a row, and how long until it is tried again, ms. Source: RFC 8899 §5.1.1, §5.1.2. */
export const datagramTrialsMax = 3;
export const datagramAgainMs = 600_000;

/**
 * A path that took large datagrams has ceased to when so many in a row are lost, or probe timeouts pass in a row. Reason: a
 * receive buffer that overflows loses most of a window at once, 20 of them or more. Beyond: `datagramBaseBytes` again. Source: RFC 8899 §4.3.
 */
export const blackHoleLosses = 64;
export const blackHoleProbeTimeouts = 3;

/**
 * A large datagram takes at most this share of the window, and so much time at the rate, ms. Reason: losses are found by the packets that
 * come after, and a line waits for the one in front of it. Source: Linux, tcp_tso_autosize.
 */
export const datagramWindowShare = 1 / 4;
export const datagramSpanMs = 1;

/**
 * How far behind the newest packet another may come, packets. Reason: 160 ms at 50,000 packets a second; a kibibyte a
 * session. Beyond: the packet is dropped, and its frames come again in a new one. Source: WireGuard (8,128 usable bits).
 */
export const replayWindowPackets = 8_192;

/**
 * Packet numbers under one key: what the four bytes of the header tell apart, so that no number is ever guessed from its last
 * bits, and nobody drives it up to where a JavaScript number ends. Beyond: there is no way to write one.
 */
export const packetNumbersMax = 2 ** 32;

/**
 * Numbers of one key after which a session is replaced, and after which nothing is sent under it. Reason: 50,000 packets a second
 * use 6 million before `rekeyAfterMs`; the rest up to `packetNumbersMax` is for what leaves before deadlines are looked at
 * again. Source: WireGuard §6.1 has both limits; RFC 9001 §6.6 allows ChaCha20-Poly1305 more than 2^62.
 */
export const rekeyAfterNumbers = 2 ** 31;
export const rejectAfterNumbers = packetNumbersMax - 2 ** 20;

/**
 * On average one in this many packet numbers is skipped at random. Reason: who acknowledges what never was sent is caught.
 * Source: RFC 9000 §21.4.
 */
export const packetNumberSkipMean = 128;

/** Skipped numbers that are remembered: those within about one replay window. Beyond: the oldest is forgotten. */
export const packetNumberSkipsMax = 64;

// ---- Frames ----------------------------------------------------------------------------------------------------------

/**
 * Frames in one packet. Reason: a packet of 1,200 B full of the smallest lines has fewer; a parser's work is bounded.
 * Beyond: never sent; from a peer: a violation.
 */
export const framesPerPacketMax = 256;

/**
 * Lines in one LINES frame. Reason: what the smallest of them cost the receiver stays within what is reserved for the line that is due
 * next (`incomingReserveBytes`). Beyond: never sent; from a peer: a violation.
 */
export const linesPerFrameMax = 64;

/** Ranges in one ACK. Reason: at most some 130 B. Beyond: the oldest are left out, and their packets come again. Source: quinn. */
export const ackRangesMax = 32;

/**
 * Text that a piece of a line must at least bring, unless it is the line's last, bytes; a smaller remainder of a packet stays free.
 * Reason: bounds the pieces of a line to some 500. Beyond: never sent; from a peer: a violation.
 */
export const fragmentMinBytes = 128;

/**
 * Room that a packet full of one line's piece still has, bytes. Reason: it may come again in a packet that bears a RESUME
 * (at most 49 B), a receipt (17 B) and a request for an ack.
 */
export const packetReserveBytes = 67;

// ---- Acknowledgements ------------------------------------------------------------------------------------------------

/**
 * An ack waits a quarter of the smoothed round trip, between these, ms. Reason: on a long path it waits for a line going the
 * same way and costs no packet (5 ms alone cost one a line on KCP's test link); on a short one it does not
 * hold up recovery. Source: RFC 9000 §13.2.1 (25 ms); a quarter round trip: Google's QUIC ("ack decimation").
 */
export const ackDelayMinMs = 5;
export const ackDelayMaxMs = 25;

/**
 * Ack-eliciting bytes that are acknowledged at once: two full packets. Reason: small packets far apart repair each other and
 * need no hurry. Source: RFC 5681 §4.2 (two full-sized segments), where RFC 9000 §13.2.2 counts packets.
 */
export const ackAfterBytes = 2 * datagramBaseBytes;

/** Ack-eliciting packets that are acknowledged at once, however small: keeps round-trip samples coming. Source: RFC 9002 §5.1, in spirit. */
export const ackAfterPackets = 8;

// ---- Loss recovery ---------------------------------------------------------------------------------------------------

/** Round trip before the first sample, ms. Source: RFC 9002 §6.2.2. */
export const initialRttMs = 333;

/** No timer is set finer, ms. Reason: Node's timers fire within about 1.3 ms (measured). Source: RFC 9002 §6.1.2 has 1 ms. */
export const timerGranularityMs = 2;

/** A packet is lost once one this much newer is acknowledged, packets. Source: RFC 9002 §6.1.1. */
export const packetThreshold = 3;

/** How far spurious losses may raise that. Reason: a path that reorders is not a path that loses. Source: RFC 9002 §6.1.1, RACK (RFC 8985 §6.2). */
export const packetThresholdMax = 20;

/** A packet is lost once one sent this much of a round trip later is acknowledged. Source: RFC 9002 §6.1.2. */
export const timeThreshold = 9 / 8;

/** Packets sent when a probe timeout passes. Source: RFC 9002 §6.2.4. */
export const probesPerTimeout = 2;

/**
 * The probe timeout grows by the first factor this many times, then by the second. It waits at most the last, ms, and so does the
 * loss timer, whatever round trip was measured: the acks of a peer that was paused come as late as its pause was long.
 * Reason: a person waits for the line; a deviation from RFC 9002 §6.2.1, which doubles without end. The floor of two
 * probes a 4 s is below RFC 8085 §3.1.1's one datagram a round trip for every path under 2 s.
 */
export const probeBackoffGentle = 1.5;
export const probeBackoffGentleTimes = 3;
export const probeBackoff = 2;
export const probeTimeoutMaxMs = 4_000;

/** Lasting congestion is declared after this many probe timeouts without an ack. Source: RFC 9002 §7.6.1. */
export const persistentCongestionThreshold = 3;

/** Lost packets in a row that are looked at for it. Reason: bounds the work for one ack. */
export const persistentLooksMax = 1_000;

/** Sent packets that are remembered although lost, for this many probe timeouts, to learn that they were not. */
export const lostMemoryProbeTimeouts = 3;

/** The same, ms at most. Reason: who acknowledges late on purpose has a probe timeout as long as it likes. Beyond: it stays lost. */
export const lostMemoryMaxMs = 4_000;

/**
 * Packets in flight beyond one for each piece under way. Reason: so many without lines are to be acknowledged at one time by an
 * honest peer. Beyond: acks go alone, and what else is no line waits; so a peer that acknowledges nothing takes 50 kB.
 */
export const controlFlightMaxPackets = 64;

// ---- Piggyback repair ------------------------------------------------------------------------------------------------

/** A line of at most this many bytes is repeated in packets that have room. Reason: twenty of them fit beside a new one. */
export const repairLineMaxBytes = 256;

/** How often one is repeated so, at most. Reason: at 5 % loss, five copies fail together once in three million. Beyond: RFC 9002's recovery alone. */
export const repairCopiesMax = 4;

/** Between two copies of one line at least this share of a round trip passes. Reason: losses come in bursts. */
export const repairSpacing = 1 / 16;

/** Pieces under way that are looked at for one packet. Reason: bounds the work; the oldest come first. */
export const repairLooksMax = 64;

// ---- Congestion and pacing -------------------------------------------------------------------------------------------

/** Initial window, packets. Source: RFC 9002 §7.2 (RFC 6928). */
export const initialWindowPackets = 10;

/**
 * BBR: gains of its pacing in startup, probing up and giving back, and of its window. Source: draft-ietf-ccwg-bbr §2.4, but for
 * the window's, which is 2 there: with 1.45, a CUBIC flow beside it keeps its half of a short queue (measured in the simulator).
 */
export const bbrStartupGain = 2.77;
export const bbrUpGain = 1.25;
export const bbrDownGain = 0.9;
export const bbrWindowGain = 1.45;

/** BBR: the bandwidth is the largest sample of so many rounds; startup ends after rounds without this growth. Source: the same, §5. */
export const bbrBandwidthRounds = 10;
export const bbrFullRounds = 3;
export const bbrFullGrowth = 1.25;

/** BBR: rounds between two probes for more. Reason: with less, a CUBIC flow takes more than
 * its half of a long queue (measured in the simulator). */
export const bbrCruiseRounds = 4;

/** BBR: losses above this share of a round's bytes are congestion; what the window then keeps. Source: the same, §2.7, but for the
 * share, 0.7 there: CUBIC's, who does not probe as often (measured in the simulator). */
export const bbrLossThreshold = 0.02;
export const bbrLossFactor = 0.85;

/**
 * BBR: a round's losses count as congestion where even its least round trip is longer than the least of all by more than this share of
 * it (and than `timerGranularityMs`): a host that is late now and then is no queue. Reason: a queue that overflows is full, and what is lost at random is lost without one. With 5 % lost at
 * random, a window that shrinks for each such round falls to the smallest one. Source: TCP Veno (Fu and Liew 2003), in bytes there.
 */
export const bbrQueueShare = 1 / 8;

/**
 * BBR: losses that are made up for, as a share of what leaves, at most; less where a round of the latest `bbrBandwidthRounds` has lost
 * less. Reason: at 20 % loss, a probe with `bbrUpGain` delivers no more than is known to be delivered, and the rate never grows.
 * Beyond: congestion, queue or not. A peer that has no room for what comes refuses much of it.
 */
export const bbrLossMax = 0.3;

/** BBR: age of the least round trip at which it is measured anew, for how long, ms, and with which share of the path in flight. */
export const bbrMinRttMs = 10_000;
export const bbrProbeRttMs = 200;
export const bbrProbeRttShare = 0.5;

/** BBR: smallest window, packets. Source: the same, §2.7 (BBR.MinPipeCwnd). */
export const bbrMinimumWindowPackets = 4;

/** What the pacer lets through at once, ms of its rate. Reason: timers are no finer. */
export const pacingQuantumMs = 2;

/** Packets of one burst, at most, and at least. Reason: 32 fit any kernel's receive buffer; 10 are RFC 9002 §7.7's initial burst. */
export const burstMaxPackets = 32;
export const burstMinPackets = 10;

/** Of large datagrams in one burst, at most. Reason: 8 of 16 KiB fit the default receive buffer of Linux, 212,992 B, beside others. */
export const burstLargePackets = 8;

/** Packets below half size that may leave within one pacing quantum; beyond, lines wait up to that long and share packets. */
export const smallPacketsPerQuantum = 16;

// ---- Logs and memory -------------------------------------------------------------------------------------------------

/** What a piece of a line under way takes of the credit beside its bytes. Reason: bounds how many there are. Both sides count it. */
export const pieceCostBytes = 64;

/**
 * What a line of a peer costs here beside its text: its buffer and the ranges of it that are filled, then its event on its way
 * to the face, bytes. Reason: measured, with what the collector has not yet got to: 450 to 800 B of resident memory.
 */
export const keptLineBytes = 1_024;

/** What each byte of a line's text costs: its buffer is up to half as large again, and text that isn't Latin-1 takes two a character. */
export const keptTextShare = 2;

/**
 * What a line under way to one peer costs here, and each piece of it, bytes; its text is the log's. Reason: measured, 425 B of heap for
 * both where many share a packet, 800 B where each has its own.
 */
export const sentLineBytes = 128;
export const sentPieceBytes = 512;

/**
 * Own lines kept until all who are owed them have taken them, bytes by cost. Reason: 1 MiB a peer that is behind, and all
 * share one log. Beyond: a `say` waits unanswered, which stops stdin in the end.
 */
export const logStartBytes = 1_048_576;

/**
 * How long a full log waits for peers that are there to take what it holds, ms, while others have taken it. Reason: a reader of
 * 35 kB/s is waited for, and a peer whose network is gone is found silent sooner. Beyond: what the waited-for peers are owed is
 * reported undelivered to them, and their conversations start anew after it.
 */
export const logTurnMaxMs = 30_000;

/** Says that wait for room in the log, bytes by cost. Reason: the faces keep fewer unanswered. Beyond: refused with `log-full`. */
export const waitingSaysMaxBytes = 1_048_576;

/**
 * Lines of one peer that may be under way or untaken here, bytes by cost. Reason: 50 MB/s over 5 ms; four of the longest
 * lines. Beyond: an honest peer waits for a receipt; a packet that brings more is dropped before it is acknowledged.
 */
export const creditBytes = 262_144;

/**
 * The same where the path carries more: the credit doubles when the program has taken all of it within so many round trips, and the
 * doubled one, in lines like those, comes to no more than this share of the memory that is left. Reason: 40 MB/s over 100 ms; the
 * piece that is lost most often comes after six round trips where 20 % are lost, and what is due before it waits with it.
 * Beyond: as above. Source: the tuning of receive windows in Google's QUIC, there within two round trips, as nothing is counted lost.
 */
export const creditMaxBytes = 4_194_304;
export const creditRoundTrips = 8;
export const creditMemoryShare = 1 / 3;

/** What the log may hold at most, bytes by cost: what a follower has credit for goes on top, so that the path does not run dry. */
export const logMaxBytes = logStartBytes + creditMaxBytes - creditBytes;

/** A receipt leaves at once, not after the ack delay, when this share of the credit is used up. */
export const creditUrgentShare = 1 / 4;

/**
 * Lines of one peer that are kept here, bytes by cost: what an honest peer's credit can come to, in the smallest lines, and one
 * line more, as two sessions may cut a line in different places. Beyond: a packet that brings more is not acknowledged.
 */
export const incomingMaxBytes = (creditBytes + lineMaxBytes) * (keptLineBytes / pieceCostBytes);

/**
 * New names of one peer that are taken at once, and how long each further one waits, ms. Reason: nobody reads them faster. Beyond: a
 * packet that brings more is not acknowledged, so that it comes again.
 */
export const renamesBurst = 20;
export const renameIntervalMs = 250;

/**
 * All that peers' lines make a node keep, and its own lines, bytes by cost. Reason: a container of 128 MiB goes on living.
 * Beyond: a packet that brings more is not acknowledged, so that it comes again; lines wait in the log, and says with them;
 * nobody new is let in.
 */
export const memoryMaxBytes = 50_331_648;

/**
 * Of these, for the lines of each peer that is there, bytes by cost: the next line that is due, the longest. Reason: whoever's
 * program reads gets on, however full it is. Beyond: what all share.
 */
export const incomingReserveBytes = keptLineBytes + keptTextShare * lineMaxBytes;

/** Of these, for what each peer that is there has under way from us, bytes by cost: 16 lines. Beyond: what all share. */
export const followerReserveBytes = 16 * (sentLineBytes + sentPieceBytes);

// ---- Trace -----------------------------------------------------------------------------------------------------------

/** Frames of one packet that a trace names. Beyond: counted. */
export const traceFramesMax = 8;

// ---- Peers and liveness ----------------------------------------------------------------------------------------------

/**
 * Peers known at one time, there or away. Beyond: their handshake is dropped. As many can be there as `memoryMaxBytes` has
 * reserves for: some 340.
 */
export const peersMax = 1_024;

/**
 * Of these from one source (IPv4 address or IPv6 /64), but for peers that are configured or known. Reason: one host can't fill a room.
 * Beyond: the handshake is dropped.
 */
export const peersPerSourceMax = 64;

/**
 * The share of all places that is kept for peers that are configured, were here before, or whose key is pinned. Reason: whoever fills
 * the room with new keys does not keep out those who know each other. Beyond: a newcomer's handshake is dropped.
 */
export const knownPlacesShare = 1 / 8;

/** Nothing sent for so long: a PING goes, ms; less up to the jitter. Reason: below 30 s, the shortest UDP mapping seen. Source: RFC 8085 §3.5, RFC 4787 REQ-5. */
export const keepaliveMs = 15_000;
export const keepaliveJitterMs = 3_000;

/** Nothing heard for so long: the peer is gone, ms. Reason: two keepalives may be lost. */
export const silentMs = 45_000;

/** The same while an ack is overdue, ms. Reason: then each probe should have been answered; five and more have gone. */
export const silentUnacknowledgedMs = 15_000;

/**
 * The same once another node has come from its address, ms, and two probe timeouts more. Reason: a process killed and started
 * again takes its own place within a second; a late message 3 of the killed one does not evict the living.
 */
export const silentDoubtedMs = 1_000;

/**
 * Packets that can't be kept whole are answered by one PING in so many ms. Reason: of 15 answers until the peer would be
 * given up, one arrives. One for each packet led to 2,000 packets/s between two nodes without room.
 */
export const refusedSpacingMs = 1_000;

/**
 * Names that are pinned to a key. Reason: 1 MiB; nobody knows so many. Beyond: a new name is not pinned, so that who comes
 * with ever new ones can't drive out the old.
 */
export const pinnedNamesMax = 4_096;

/**
 * Names that one key may pin. Reason: a peer that calls itself ever differently must not use up everybody's. Beyond: a further
 * name of that key is not pinned.
 */
export const pinsPerKeyMax = 16;

/** Peers no longer known whose offsets are remembered, so that no line is shown twice. Beyond: the oldest is forgotten of whom the face has no lines. */
export const rememberedPeersMax = 4_096;

/** A session is replaced after this use, ms, by the side that opened it; by the other a little later, if that failed. Source: WireGuard §6.1. */
export const rekeyAfterMs = 120_000;
export const rekeyFallbackMs = 20_000;

/** A replacement that did not come about is tried again after this, ms. Reason: longer than a handshake lives. */
export const rekeyRetryMs = 12_000;

/** The age at which a session ends: no packet is sent or opened under it any more, ms. Source: WireGuard §6.1. */
export const rejectAfterMs = 180_000;

/**
 * Packets on a replaced session bring it back into use when they come for so long, ms, while none come on the newer one. Reason:
 * longer than packets overtake each other; what waited while this process was paused comes all at once, and does not count.
 */
export const followAfterMs = 2_000;

/**
 * The same where so many probe timeouts in a row went unanswered on the newer one, and packets came on the replaced one since.
 * Reason: one may be due to a pause of this process; two are not.
 */
export const unansweredProbeTimeouts = 2;

/**
 * A replaced session still opens packets until none has come for so long, ms. Reason: longer than a keepalive, so that a
 * side which still uses it is heard.
 */
export const retiredSessionMs = 20_000;

/**
 * Replaced sessions of one key that still open packets. Reason: two sides that cross and are paused have three; a peer that shakes
 * hands all the time must not make each step dearer. Beyond: the one that was heard
 * least lately ends.
 */
export const retiredSessionsMax = 4;

/** A peer that nobody configured and that is silent is sought and kept in mind for so long, ms. Beyond: its lines are reported undelivered. */
export const forgetAfterMs = 600_000;

/** Host names are looked up again, ms after they failed to resolve. */
export const resolveRetryMs = 5_000;

// ---- Paths and rooms -------------------------------------------------------------------------------------------------

/** Bytes to an unvalidated address for each that came from it. Source: RFC 9000 §8.1. */
export const amplificationLimit = 3;

/** No packet is made for less than this of an unvalidated address' allowance, bytes: an ack and a challenge fit into it. */
export const packetMinBytes = 64;

/** A packet with nothing but the longest ACK, bytes. */
export const ackPacketMaxBytes = 25 + 32 * 16;

/** Path challenges to a new address before the old one is used again; one each probe timeout. Source: RFC 9000 §8.2.4. */
export const pathChallengesMax = 4;

/** Drawn for each run of a node, bytes. Reason: no two nodes of a network draw the same. */
export const announcementNonceBytes = 16;

/** Where announcements go to, in both groups. Reason: fixed, so that nobody configures the port. */
export const announcementPort = 5_054;

/** From the first announcement to the second, ms; each further one waits twice as long. Reason: one of the first few may be lost. */
export const announceFirstMs = 1_000;

/** Longest wait between two announcements, ms. Reason: whoever missed all others hears the next within a minute. */
export const announceMaxMs = 60_000;

/** Announcements, by run and address, that are remembered. Beyond: the oldest is forgotten, and its next one is taken as its first. */
export const announcersMax = 1_024;

/** Members that are sought because somebody introduced them, dialled or not yet. Beyond: the introduction is forgotten. */
export const introducedMax = 1_024;

/** Of these on the word of one peer. Beyond: the introduction is forgotten; the other member has its own. */
export const introducedPerPeerMax = 64;

/** Members that are being dialled because somebody introduced them. Beyond: they are dialled as others have come, or led nowhere. */
export const introducedDialsMax = 64;

/**
 * Of these on the word of one peer: so many with a larger key than this node's, and as many with a smaller one. Reason: each sends
 * one message 1 to an address that the peer has chosen, and takes a round trip, or up to 12 s if nobody answers.
 */
export const introducedDialsPerPeerMax = 8;

/** Attempts to reach one of them, each with a turn of its own. Reason: a message 1 that was lost leaves two apart until others change their keys. */
export const introducedAttemptsMax = 3;

/**
 * How many of the members that could introduce two others do it, on average, where the two have not met through this node alone.
 * Reason: the cost of a newcomer grows with the room, and not with its square; all fail together once in 3,000. Beyond: as below,
 * and with the next change of keys they are drawn anew.
 */
export const introducersMean = 8;

/**
 * A peer that is back, or has moved, and that no other member has introduced is introduced after so long, and up to as long again, ms.
 * Reason: time for those who are drawn; and not all of the others at once.
 */
export const introducedAnywayMs = 3_000;

/** The side with the larger key waits so long for the other to dial, ms. Reason: one handshake, not two. */
export const introducedWaitMs = 2_000;
