#!/usr/bin/env node
/** The binary `batpak`. */
import { main } from './main.ts'

void main(process.argv.slice(2))
