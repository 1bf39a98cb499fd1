" SPDX-License-Identifier: BSD-2-Clause
autocmd BufNewFile,BufRead *.pkt,*.opening setfiletype tcpdrill
