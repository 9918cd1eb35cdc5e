/** Owns: what a node is called whom nobody gave a name. */

const manners = [
  'bold brave bright calm clever cosy daring deft eager early fair fond gentle glad happy honest',
  'jolly keen kind lively loyal lucky mellow merry mild neat nimble noble patient plucky polite proud',
  'quick quiet ready rosy rustic shy silent sleek smart snug sober spry steady stout sunny swift',
  'tender tidy trusty upbeat vivid warm wary wise witty young zany zesty amber azure coral ivory',
].flatMap((line) => line.split(' '));

const animals = [
  'ant badger bat bear beaver bee bison boar camel cat crane crow deer dove duck eagle',
  'eel elk falcon ferret finch fox frog gecko goat goose hare hawk hedgehog heron horse ibis',
  'jackal jay kestrel kiwi koala lark lemur lion lynx magpie marten mole moose moth mouse newt',
  'otter owl panda parrot puffin quail rabbit raven robin salmon seal sparrow stork swan tiger wren',
].flatMap((line) => line.split(' '));

/** What Docker, Podman and Compose call a container that has no host name of its own: the start of its id. */
const CONTAINER_ID = /^[0-9a-f]{12}$/;

/**
 * The host name; of a container whose host name is its id, a name that can be read, by that id. So those that
 * `docker compose up --scale` starts each have a name of their own, and keep it when they are started again.
 */
export function defaultName(hostName: string): string {
  if (!CONTAINER_ID.test(hostName)) return hostName;
  const pick = (words: readonly string[], digits: string): string =>
    words[Number.parseInt(digits, 16) % words.length] ?? '';
  const [manner, animal] = [pick(manners, hostName.slice(0, 4)), pick(animals, hostName.slice(4, 8))];
  return `${manner}-${animal}-${hostName.slice(8)}`;
}
