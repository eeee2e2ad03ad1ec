// The parts of ECharts that the dashboard uses, and the theme. Loaded by `Chart` alone.
import { BarChart, type BarSeriesOption, LineChart, type LineSeriesOption } from 'echarts/charts'
import {
  GridComponent,
  type GridComponentOption,
  type LegendComponentOption,
  LegendScrollComponent,
  TooltipComponent,
  type TooltipComponentOption,
} from 'echarts/components'
import { type ComposeOption, type EChartsType, init as initChart, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'

use([BarChart, LineChart, GridComponent, TooltipComponent, LegendScrollComponent, SVGRenderer])

export type ChartOption = ComposeOption<
  BarSeriesOption | LineSeriesOption | GridComponentOption | TooltipComponentOption | LegendComponentOption
>

export function init(place: HTMLElement): EChartsType {
  return initChart(place, null, { renderer: 'svg' })
}

const css = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

/** The colour of a series; charts, legends and tables beside them share it. */
export const SERIES = [
  '--series-1',
  '--series-2',
  '--series-3',
  '--series-4',
  '--series-5',
  '--series-6',
  '--series-7',
  '--series-8',
]

/** Colours given as `var(--name)` become the theme's; text, lines and tooltip look like the page. */
export function themed(option: ChartOption): ChartOption {
  const text = css('--text-2')
  const line = css('--line')
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches || navigator.webdriver
  const axis = {
    axisLine: { lineStyle: { color: line } },
    axisTick: { show: false },
    axisLabel: { color: text, fontSize: 12, hideOverlap: true },
    splitLine: { lineStyle: { color: line } },
  }
  const over = (one: unknown): unknown =>
    Array.isArray(one)
      ? one.map(over)
      : one && typeof one === 'object'
        ? Object.fromEntries(Object.entries(one).map(([name, value]) => [name, over(value)]))
        : typeof one === 'string' && one.startsWith('var(--')
          ? css(one.slice(4, -1))
          : one
  const axes = (given: unknown): unknown => {
    const each = (one: object): object => {
      const own = over(one) as Record<string, object | undefined>
      return {
        ...axis,
        ...own,
        axisLabel: { ...axis.axisLabel, ...own.axisLabel },
        splitLine: { ...axis.splitLine, ...own.splitLine },
      }
    }
    return Array.isArray(given) ? given.map(each) : given ? each(given as object) : undefined
  }
  const given = over(option) as Record<string, object | undefined>
  return {
    color: SERIES.map(css),
    textStyle: { fontFamily: css('--font'), color: text },
    animation: !still,
    animationDuration: 250,
    ...given,
    grid: { left: 8, right: 12, top: 28, bottom: 8, containLabel: true, ...given.grid },
    legend: given.legend
      ? {
          type: 'scroll',
          top: 0,
          left: 0,
          // Room for the button beside it; a legend of pages needs its width said.
          width: '86%',
          icon: 'roundRect',
          itemWidth: 10,
          itemHeight: 10,
          textStyle: { color: text },
          pageTextStyle: { color: text },
          ...given.legend,
        }
      : undefined,
    tooltip: {
      trigger: 'axis',
      // Drawn, not HTML: the pages' policy allows no style attributes.
      renderMode: 'richText',
      backgroundColor: css('--surface-3'),
      borderColor: line,
      textStyle: { color: css('--text-1'), fontSize: 13 },
      ...given.tooltip,
    },
    xAxis: axes(given.xAxis),
    yAxis: axes(given.yAxis),
  } as ChartOption
}
