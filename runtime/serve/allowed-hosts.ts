import { isIP } from 'node:net'

/** Addresses of this machine alone. */
const LOOPBACK = ['localhost', '127.0.0.1', '::1']
/** An address at which a server listens on every network. */
const ANY = ['0.0.0.0', '::']

/**
 * The hosts that a request may name. A page of another site can make a browser send requests here
 * under a name of its own (DNS rebinding), so a name that was not given is refused. An address
 * cannot be rebound: where a server listens on every network, each is allowed.
 */
export class AllowedHosts {
  readonly #names: ReadonlySet<string>
  readonly #anyAddress: boolean

  /** `host`: at which the server listens; `names`: further ones. */
  constructor(host: string, names: readonly string[] = []) {
    const given = [host, ...names].filter((name) => !ANY.includes(name))
    this.#names = new Set([...LOOPBACK, ...given].map((name) => name.toLowerCase()))
    this.#anyAddress = ANY.includes(host)
  }

  /** `header`: the value of the header Host, with or without a port. */
  allows(header: string): boolean {
    const name = hostOf(header)
    if (name === null) return false
    return this.#names.has(name) || (this.#anyAddress && isIP(name) !== 0)
  }
}

/** The host of `host:port` or `[address]:port` in lower case; null for what is neither. */
function hostOf(header: string): string | null {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^[\]:/@\s]+))(?::\d{1,5})?$/i.exec(header)
  return (match?.[1] ?? match?.[2])?.toLowerCase() ?? null
}
