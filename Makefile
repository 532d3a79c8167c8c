# Every command a person types; bare `make` lists them.

PYTHON ?= python3
# Compiled once, and kept: each process of a suite and each command would otherwise compile the whole product, 1.6 seconds.
ENVIRONMENT = env -u PYTHONDONTWRITEBYTECODE PYTHONPATH=. .venv/bin/python
.DEFAULT_GOAL := help
.PHONY: help environment run stop reset logs token change-secrets test test-fault test-mutants bench check format texts assets pictures contracts lint-contracts fuzz client-check migration map replay republish accept-restore kechuang backup backups restore verify

help: ## list these commands 列出全部命令
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | awk -F'\t' '{printf "  make %-14s %s\n", $$1, $$2}'

environment:
	@$(PYTHON) deploy/bootstrap.py

run: environment ## start everything and tell the main job as a story; DETACH=1 returns when ready 启动全部服务
	@exec $(ENVIRONMENT) -m deploy.embedded run $(if $(filter 1,$(DETACH)),--detach)

stop: environment ## stop what `make run` started 停止
	@$(ENVIRONMENT) -m deploy.embedded stop

reset: environment ## stop and throw away all data 停止并清除全部数据
	@$(ENVIRONMENT) -m deploy.embedded reset

logs: environment ## follow the logs of all processes 查看日志
	@exec $(ENVIRONMENT) -m deploy.embedded logs

backup: environment ## back up all databases, secrets and documents, also while all runs; LOG=1 copies only what is new 备份
	@$(ENVIRONMENT) -m deploy.embedded backup $(if $(filter 1,$(LOG)),--log-only)

backups: environment ## list the backups and what restorations put aside; DROP=name throws one away 列出备份
	@$(ENVIRONMENT) -m deploy.embedded backups $(if $(DROP),--drop '$(DROP)')

restore: environment ## bring all databases back, or S=finance alone: AT=2026-11-29T09:30:00+08:00 FROM=folder 恢复到指定时间
	@$(ENVIRONMENT) -m deploy.embedded restore $(if $(S),--service '$(S)') $(if $(AT),--at '$(AT)') $(if $(FROM),--source '$(FROM)')

verify: environment ## walk audit chains, ledgers and the exchange of events; S=finance one service 核对审计链、台账与事件
	@$(ENVIRONMENT) -m deploy.command verify $(S)

token: environment ## print an access token: CLIENT=bank-a 取访问令牌
	@$(ENVIRONMENT) -m deploy.embedded token '$(CLIENT)'

change-secrets: environment ## after a theft, stopped: S=finance, what it enters with and signs by, made anew 更换被盗密钥
	@$(ENVIRONMENT) -m deploy.embedded change-secrets '$(S)'

# Workers are for the whole run: for a few tests their start would take longer than the tests.
test: environment ## run all tests over several workers; T="tests/unit -k loan" runs some in one 运行测试
	@exec $(ENVIRONMENT) -m pytest $(or $(T),-n auto)

test-fault: environment ## try every fault on purpose, minutes; F="-k kill" tries some 故障注入测试
	@exec $(ENVIRONMENT) -m tests.fault $(F)

test-mutants: environment ## plant each deliberate bug and see that its cases, and only those, fail 变异测试
	@exec $(ENVIRONMENT) -m pytest $(or $(M),$(wildcard tests/fault/test_mutants_*.py))

bench: environment ## measure speed beside floors and peers into docs/benchmarks.md; B="relay drain" some, QUICK=1 a short try 性能测量
	@exec $(ENVIRONMENT) -m tests.bench $(B) $(if $(filter 1,$(QUICK)),--quick)

check: environment ## lint, types and the import fence 静态检查
	@$(ENVIRONMENT) -m ruff check .
	@$(ENVIRONMENT) -m ruff format --check .
	@$(ENVIRONMENT) -m mypy
	@PYTHONPATH=. .venv/bin/lint-imports

format: environment ## let ruff format the code 格式化代码
	@$(ENVIRONMENT) -m ruff format .

assets: environment ## fetch the files of others that pages use; TO="htmx.org@2.0.11" another version 更新页面所用的第三方文件
	@$(ENVIRONMENT) -m tests.support.console_assets $(TO)

pictures: environment ## make the pictures of the README anew: the main job in a real browser 重拍说明文档的图片
	@$(ENVIRONMENT) -m tests.support.pictures

texts: environment ## put new texts of the pages into the translations, and name what has no Chinese yet 更新页面译文
	@$(ENVIRONMENT) -m tests.support.console_texts

contracts: environment ## write the documents of APIs, events and codes; names what would break partners 生成接口契约
	@$(ENVIRONMENT) -m tests.support.contracts

lint-contracts: environment ## judge the contracts with redocly and AsyncAPI's parser; needs Node.js 检查接口契约
	@$(ENVIRONMENT) -m tests.support.lint_contracts

fuzz: environment ## call every service as its contract says and as it does not: S=finance N=200 按契约模糊测试
	@S="$(S)" N="$(N)" SEED="$(SEED)" $(ENVIRONMENT) -m tests.support.fuzz

client-check: environment ## clients of two generators compile, type-check and draw a loan; needs Java 检查生成的客户端
	@$(ENVIRONMENT) -m tests.support.client_check

map: environment ## write the table of nouns in docs/map.md from the tree 生成名词表
	@$(ENVIRONMENT) -m tests.support.noun_table

migration: environment ## write a migration from the tables' difference: S=finance M="add a column" (INFRASTRUCTURE=1: of the tables all hold) 生成迁移
	@$(ENVIRONMENT) -m deploy.embedded with '$(S)' -m shared.db.migrate revision '$(S)' '$(M)' $(if $(filter 1,$(INFRASTRUCTURE)),--infrastructure)

kechuang: environment ## the operator's command line: ARGS="client list"; ARGS=--help explains 运维命令
	@$(ENVIRONMENT) -m deploy.command $(ARGS)

replay: environment ## handle the dead letters of a service again: S=ipr 重新处理死信
	@$(ENVIRONMENT) -m deploy.embedded with '$(S)' -m shared.command.dead_letter replay '$(S)'

republish: environment ## publish a service's events again: S=finance SINCE=2026-01-01 重新发布事件
	@$(ENVIRONMENT) -m deploy.embedded with '$(S)' -m shared.bus.relay republish '$(S)' $(if $(SINCE),--since '$(SINCE)')

accept-restore: environment ## after a restored backup: list what S=finance lost; with REASON="…" accept it, DISCARD="ids" what it never told 恢复备份后核对并确认
	@$(ENVIRONMENT) -m deploy.embedded with '$(S)' -m shared.command.accept_restore $(if $(REASON),accept '$(S)' --reason '$(REASON)' $(if $(DISCARD),--discard $(DISCARD)),list '$(S)')
