// One widget: a card whose body keeps its height while its answer is on the way, so that nothing below jumps.
import type { UseQueryResult } from '@tanstack/preact-query'
import type { ComponentChildren } from 'preact'
import type { AskError } from '../../ask'
import { Card } from '../../kit/figures'
import { Answered } from '../../kit/states'
import '../../kit/chart.css'
import './overview.css'

/** Milliseconds between two looks (features.md W31). */
export const EVERY = 60_000

interface Props<T> {
  title: ComponentChildren
  about?: ComponentChildren
  tools?: ComponentChildren
  query: Pick<UseQueryResult<T, AskError>, 'data' | 'error' | 'isPending' | 'isPlaceholderData' | 'refetch'>
  /** Pixels that the body takes at least. */
  height?: number
  class?: string
  children: (data: T) => ComponentChildren
}

export function Widget<T>({ title, about, tools, query, height = 200, class: name, children }: Props<T>) {
  return (
    <Card title={title} about={about} tools={tools} class={name}>
      <div style={{ minHeight: `${height}px` }}>
        <Answered query={query} lines={Math.max(3, Math.round(height / 36))}>
          {children}
        </Answered>
      </div>
    </Card>
  )
}
