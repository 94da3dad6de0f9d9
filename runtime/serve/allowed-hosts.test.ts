import { expect, test } from 'vitest'
import { AllowedHosts } from './allowed-hosts.ts'

test('a server of this machine is reached by its loopback addresses, and by no other name', () => {
  const hosts = new AllowedHosts('127.0.0.1')
  for (const name of ['localhost', 'LOCALHOST:8000', '127.0.0.1:80', '127.0.0.1', '[::1]:8000']) {
    expect(hosts.allows(name), name).toBe(true)
  }
  const others = [
    'evil.example',
    'localhost.evil.example:8000',
    '10.0.0.1',
    'localhost@evil.example',
  ]
  for (const name of [...others, '', 'localhost:', 'localhost:80:80', '[::1', '::1', 'a b']) {
    expect(hosts.allows(name), name).toBe(false)
  }
})

test('a given host is allowed, and names beside it', () => {
  const hosts = new AllowedHosts('10.1.2.3', ['models.internal'])
  expect(['10.1.2.3:8000', 'Models.Internal'].every((name) => hosts.allows(name))).toBe(true)
  expect(hosts.allows('10.1.2.4')).toBe(false)
})

test('a server on every network is reached by any address, as none can be rebound', () => {
  const hosts = new AllowedHosts('0.0.0.0')
  expect(hosts.allows('192.168.1.7:8000')).toBe(true)
  expect(hosts.allows('evil.example:8000')).toBe(false)
  expect(hosts.allows('0.0.0.0:8000')).toBe(true)
})
