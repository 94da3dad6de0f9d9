import { existsSync, lstatSync, readdirSync, realpathSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path'
import { EXIT, Failure, findScenario } from '../../../scenarios/index.ts'
import { expectScenario } from '../../../scenarios/light.ts'
import { hasEnded, PROCESS_NAME, PROCESS_PATTERN } from '../../folders/process-name.ts'
import { type Ended, runProgram, runShell, tail } from '../../process/program.ts'

/** A scenario in another version. */
export interface VersionScenario {
  /** names it for a command in `directory`, and is never taken for an option */
  readonly word: string
  /** null: it ships with Spillway */
  readonly path: string | null
}

interface Checkout {
  readonly ref: string
  /** the full hash of its commit */
  readonly commit: string
  /** real path of the repository that the working directory is in */
  readonly top: string
  /** real path of the checkout */
  readonly tree: string
}

/**
 * Another version of the repository of the working directory, checked out beside it. Its files
 * stand where those of the working directory do, seen from the top of the repository. None of them
 * is taken from elsewhere: not by an absolute path, nor by a link.
 */
export class OtherVersion {
  /** the version for people */
  readonly from: string
  /** the folder that corresponds to the working directory */
  readonly directory: string
  readonly #checkout: Checkout
  /** of the working directory, seen from the top of the repository */
  readonly #within: string

  /** Throws `Failure` where the version has no such folder as the working directory. */
  constructor(checkout: Checkout) {
    const { ref, commit, top } = checkout
    this.#checkout = checkout
    this.from = `${ref} (${commit.slice(0, 12)})`
    this.#within = relative(top, realpathSync.native('.'))
    const folder = this.#confined(this.#within, `${this.#within}/`)
    if (folder === null) {
      const remedy = 'change to a folder that both versions have'
      throw new Failure(`${this.from} has no folder ${this.#within}; ${remedy}`, EXIT.notComparable)
    }
    this.directory = folder
  }

  /** The same scenario in this version; null where it has none. Throws `Failure` for others. */
  scenario(name: string): VersionScenario | null {
    if (expectScenario(name).shipped) {
      const there = findScenario(`${this.directory}/${name}`, name)
      if (there?.shipped === true) return { word: name, path: null }
      throw new Failure(`${name}: ships with Spillway, but is a file in ${this.from}`)
    }
    const place = this.#placeOf(name)
    if (place === null) {
      const { top } = this.#checkout
      const real = realPath(name) ?? name
      const where = real === name ? 'it is' : `it leads to ${real},`
      const text = `${where} outside of the repository ${top}, which --against-ref is about`
      throw new Failure(`${name}: ${text}`)
    }
    const path = this.#confined(place, name)
    return path === null ? null : { word: this.#wordOf(place), path }
  }

  /**
   * Throws `Failure` where a scenario of this version takes values or data from a file of the
   * working tree: by a full path that stands in it, the head would be compared with itself.
   */
  expectOwn(name: string, files: readonly string[]): void {
    const { top, tree } = this.#checkout
    for (const file of files) {
      const real = realPath(file)
      if (real === null || !isWithin(top, real) || isWithin(tree, real)) continue
      const text = `reads ${real} of the working tree, not a file of its own`
      throw new Failure(`${name}: in ${this.from} it ${text}; name it by a relative path`)
    }
  }

  /**
   * The file of an option, such as a profile, in this version. Where that has none it is the one
   * here, as it is where the file is outside of the repository. A full path.
   */
  file(path: string): string {
    const place = this.#placeOf(path)
    return (place && this.#confined(place, path)) ?? realPath(path) ?? path
  }

  /** The Spillway that is installed in this version, as a word of a shell there; null for none. */
  installed(): string | null {
    const depth = this.#within === '' ? 0 : this.#within.split(sep).length
    const places = Array.from({ length: depth + 1 }, (_, up) => {
      return `./${'../'.repeat(up)}node_modules/.bin/spillway`
    })
    return places.find((place) => existsSync(`${this.directory}${sep}${place}`)) ?? null
  }

  /** Path seen from the top of the repository; null where the file is outside. */
  #placeOf(path: string): string | null {
    const { top } = this.#checkout
    const real = realPath(path)
    if (real === null || !isWithin(top, real)) return null
    // not normalised: behind a link, `..` is not what it is in the text
    const parts = (isAbsolute(path) ? path : `${process.cwd()}${sep}${path}`).split(sep)
    for (let end = parts.length - 1; end > 0; end--) {
      if (realPath(parts.slice(0, end).join(sep) || sep) !== top) continue
      return parts
        .slice(end)
        .filter((part) => part !== '' && part !== '.')
        .join(sep)
    }
    return relative(top, real)
  }

  /** The full path of a place in the checkout; null where nothing is there. */
  #confined(place: string, name: string): string | null {
    const { tree } = this.#checkout
    const path = place === '' ? tree : `${tree}${sep}${place}`
    const real = realPath(path)
    if (real === null || isWithin(tree, real)) return real && path
    const text = `in ${this.from} a link leads out of the repository, to ${real}`
    throw new Failure(`${name}: ${text}`)
  }

  #wordOf(place: string): string {
    const within = this.#within === '' ? [] : this.#within.split(sep)
    const inside = within.length > 0 && place.startsWith(`${this.#within}${sep}`)
    const [up, rest] = inside ? [0, place.slice(this.#within.length + 1)] : [within.length, place]
    return `./${'../'.repeat(up)}${rest}`
  }
}

/** As the system resolves it: links first, then `..`. Null where nothing is there. */
function realPath(path: string): string | null {
  try {
    return realpathSync.native(path)
  } catch {
    return null
  }
}

const isWithin = (folder: string, path: string) =>
  path === folder || path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`)

type Git = (...words: string[]) => Promise<Ended>

/** Runs git on the repository of the working directory. */
function gitOf(signal: AbortSignal): Git {
  // in a hook this names the index of the commit in progress, which a checkout would replace
  const { GIT_INDEX_FILE: _, ...env } = process.env
  return (...words) => runProgram('git', words, { env, signal })
}

/** For programs in the checkout, which have a repository of their own. */
function checkoutEnvironment(): NodeJS.ProcessEnv {
  const { GIT_DIR, GIT_WORK_TREE, GIT_INDEX_FILE, GIT_PREFIX, ...env } = process.env
  return env
}

/** Runs a line of a shell in the checkout, with more words behind it. */
export function shellIn(
  { directory }: OtherVersion,
  line: string,
  signal: AbortSignal,
  words: readonly string[] = [],
): Promise<Ended> {
  return runShell(line, { cwd: directory, env: checkoutEnvironment(), signal }, words)
}

/**
 * Checks out a version of the repository into a temporary git worktree, runs `prepare` there, and
 * removes the worktree after `use`, also after an error. Throws `Failure` where the working
 * directory is in no repository, where the version is not known, and where `prepare` fails.
 */
export async function withOtherVersion<T>(
  ref: string,
  { prepare, signal }: { readonly prepare?: string | undefined; readonly signal: AbortSignal },
  use: (version: OtherVersion) => Promise<T>,
): Promise<T> {
  const git = gitOf(signal)
  const shown = await git('rev-parse', '--show-toplevel')
  if (shown.code !== 0) {
    throw new Failure('--against-ref: the working directory is in no git repository; change to one')
  }
  const top = realpathSync.native(lineOf(shown))
  const commit = await commitOf(ref, git)
  await removeLeftovers(git)
  const folder = realpathSync.native(await mkdtemp(join(tmpdir(), `${PREFIX}${PROCESS_NAME}-`)))
  const tree = join(folder, 'tree')
  try {
    // hooks would run here, those of the other version where they are part of the repository
    const quietly = ['-c', 'core.hooksPath=/dev/null', 'worktree', 'add', '--detach']
    const added = await git(...quietly, tree, commit)
    if (added.code !== 0) throw refused(`git worktree add: exit code ${added.code}`, added)
    const version = new OtherVersion({ ref, commit, top, tree })
    if (prepare !== undefined) {
      const done = await shellIn(version, prepare, signal)
      if (done.code !== 0) {
        throw refused(`--prepare ${prepare}: exit code ${done.code} in ${ref}`, done)
      }
    }
    return await use(version)
  } finally {
    // not by the signal: it is set where this is needed most
    await removeCheckout(folder, gitOf(new AbortController().signal))
  }
}

/** A failure for what a program refused, with its last lines. */
export function refused(problem: string, { stdout, stderr }: Ended): Failure {
  return new Failure(problem, EXIT.invalidInput, tail(stderr || stdout))
}

/** What git printed on one line: a path may end with spaces. */
const lineOf = ({ stdout }: Ended) => stdout.replace(/\r?\n$/, '')

async function commitOf(ref: string, git: Git): Promise<string> {
  const commit = (await commitNamed(ref, git)) ?? (await mergeBase(ref, git))
  if (commit !== null) return commit
  const remedy = 'fetch it first: git fetch origin, and for actions/checkout fetch-depth: 0'
  throw new Failure(`--against-ref ${ref}: git knows no such commit; ${remedy}`)
}

/** The hash of the commit of a name; null where git knows none. */
async function commitNamed(name: string, git: Git): Promise<string | null> {
  const hashOf = async (word: string) =>
    lineOf(await git('rev-parse', '--verify', '--quiet', '--end-of-options', word))
  const hash = await hashOf(name)
  // git also names what is excluded, as ^main is; of a tag this is the hash of the tag itself
  const commit = HASH.test(hash) ? await hashOf(`${hash}^{commit}`) : ''
  return HASH.test(commit) ? commit : null
}

/** Of `A...B`: the commit that B began from, as git diff takes it; null for another text. */
async function mergeBase(ref: string, git: Git): Promise<string | null> {
  const names = ref.split('...')
  if (names.length !== 2) return null
  const commits: string[] = []
  for (const name of names) {
    const commit = await commitNamed(name === '' ? 'HEAD' : name, git)
    if (commit === null) return null
    commits.push(commit)
  }
  const base = lineOf(await git('merge-base', ...commits)).split('\n')[0]!
  if (HASH.test(base)) return base
  const remedy = 'fetch more of its history, for actions/checkout fetch-depth: 0'
  throw new Failure(`--against-ref ${ref}: the two have no commit in common; ${remedy}`)
}

const HASH = /^[0-9a-f]{40,64}$/

const PREFIX = 'spillway-ref-'
/** The folder of a checkout, with the process that made it. */
const FOLDER = new RegExp(`^${PREFIX}(${PROCESS_PATTERN})-\\w{6}$`)

/** Removes the checkouts of processes that ended before they could do so. */
async function removeLeftovers(git: Git): Promise<void> {
  const isLeft = (folder: string) => {
    const [, maker] = FOLDER.exec(basename(folder)) ?? []
    return maker !== undefined && hasEnded(maker)
  }
  const { stdout } = await git('worktree', 'list', '--porcelain')
  // git remembers those whose folder is gone, too
  const registered = [...stdout.matchAll(/^worktree (.+)$/gm)].map(([, tree]) => dirname(tree!))
  const here = readdirSync(tmpdir()).map((name) => join(tmpdir(), name))
  const left = [...registered, ...here].filter(isLeft)
  for (const folder of new Set(left)) await removeCheckout(folder, git)
}

/** Whether a folder belongs to this user: others may make one of such a name. */
function isOwn(folder: string): boolean {
  const stat = lstatSync(folder, { throwIfNoEntry: false })
  return stat?.isDirectory() === true && stat.uid === (process.getuid?.() ?? stat.uid)
}

/** Removes the folder of a checkout, and what git remembers of it. */
async function removeCheckout(folder: string, git: Git): Promise<void> {
  // what cannot be removed does no harm
  if (isOwn(folder)) await rm(folder, { recursive: true, force: true }).catch(() => {})
  // twice: also if it is locked, as it is while git makes it
  await git('worktree', 'remove', '--force', '--force', join(folder, 'tree'))
}
