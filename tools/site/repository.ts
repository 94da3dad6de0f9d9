/** The owner in package.json until the repository has an address. */
const PLACEHOLDER = 'OWNER'

/**
 * The web address of the repository from the `url` of `repository` in package.json, or null while
 * its owner is the placeholder.
 */
export function repositoryAddress(url: string): string | null {
  const [, address, owner] = /^git\+(https:\/\/[^/]+\/([^/]+)\/.+)\.git$/.exec(url) ?? []
  if (address === undefined) throw new Error(`expected git+https://HOST/OWNER/NAME.git, got ${url}`)
  return owner === PLACEHOLDER ? null : address
}
