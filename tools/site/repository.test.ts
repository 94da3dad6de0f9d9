import { expect, test } from 'vitest'
import { repositoryAddress } from './repository.ts'

test('the address of the repository is that of package.json without git', () => {
  const url = 'git+https://example.org/someone/spillway.git'
  expect(repositoryAddress(url)).toBe('https://example.org/someone/spillway')
})

test('a placeholder is no address', () => {
  expect(repositoryAddress('git+https://example.org/OWNER/spillway.git')).toBeNull()
})

test('another form is rejected', () => {
  expect(() => repositoryAddress('someone/spillway')).toThrow('expected git+https://')
})
